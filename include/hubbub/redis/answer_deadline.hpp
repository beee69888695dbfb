// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/redis/options.hpp>

#include <chrono>

namespace hubbub::redis {

/// By when what was sent must be answered: that other things come from there says nothing of the way
/// to it. Time is what the caller says it is.
class answer_deadline {
public:
    explicit answer_deadline(std::chrono::milliseconds response_timeout)
        : timeout_(response_timeout) {}

    /// Something was sent.
    void await(time_point now) noexcept {
        if (when_ == time_point::max())
            restart(now);
    }

    /// An answer came; whether more are awaited.
    void answered(bool more, time_point now) noexcept {
        if (more)
            restart(now);
        else
            clear();
    }

    /// The link fell.
    void clear() noexcept { when_ = time_point::max(); }

    bool is_over(time_point now) noexcept { return has_passed(when_, now, excused_); }

    /// When is_over is to be asked next.
    time_point when() const noexcept { return when_; }

private:
    void restart(time_point now) noexcept {
        when_ = now + timeout_;
        excused_ = false;
    }

    std::chrono::milliseconds timeout_;
    time_point when_ = time_point::max();
    bool excused_ = false;
};

} // namespace hubbub::redis
