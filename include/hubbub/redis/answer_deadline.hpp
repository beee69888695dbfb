// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/redis/clock.hpp>

#include <chrono>

namespace hubbub::redis {

/// By when what was sent must be answered. What else comes puts the end off, since the answer may
/// stand behind it, but not for ever (patience): it says nothing of the way there. Time is what the
/// caller says it is.
class answer_deadline {
public:
    explicit answer_deadline(std::chrono::milliseconds response_timeout)
        : timeout_(response_timeout) {}

    /// Something was sent.
    void await(time_point now) noexcept;

    /// An answer came; whether more are awaited.
    void answered(bool more, time_point now) noexcept;

    /// Something came that may be no answer.
    void put_off(time_point now) noexcept;

    /// The link fell.
    void clear() noexcept { when_ = time_point::max(); }

    bool is_over(time_point now) noexcept { return has_passed(when_, now, excused_); }

    /// When is_over is to be asked next.
    time_point when() const noexcept { return when_; }

private:
    void restart(time_point now) noexcept;

    std::chrono::milliseconds timeout_;
    time_point since_; // when it was sent, or the last answer came
    time_point when_ = time_point::max();
    bool excused_ = false;
};

} // namespace hubbub::redis

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/redis/impl/answer_deadline.ipp>
#endif
