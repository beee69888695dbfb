// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/transport/redis_options.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <system_error>
#include <utility>

namespace hubbub::redis {

/// Finds a link that is connected and hears nothing: a message goes out through the publishing link
/// and must come back on the receiving one. It decides, and does nothing; time is what the caller
/// says it is.
///
/// A link is deaf if Redis gave a probe to nobody, or if it gave it out and it has not come, nor any
/// other message, for response_timeout; or if it has not come after twelve times that (patience),
/// whatever else did.
class probe {
public:
    explicit probe(options const& o) : options_(&o) {}

    /// Both links are whole.
    void on_whole(time_point now) noexcept {
        if (options_->probe_interval == std::chrono::milliseconds::zero())
            return;
        state_ = state::idle;
        deadline_ = now + options_->probe_interval;
    }

    /// One of them is not, any more. Probes under way say nothing.
    void on_lost() noexcept {
        state_ = state::off;
        deadline_ = time_point::max();
    }

    /// True if a probe is to be published, with number(). subscribed: whether its channel is active.
    bool due(time_point now, bool subscribed) noexcept {
        if (state_ != state::idle || now < deadline_)
            return false;
        deadline_ = now + options_->probe_interval;
        if (!subscribed)
            return false;
        state_ = state::asked;
        deadline_ = time_point::max(); // the publishing link looks after itself
        asked_at_ = now;
        excused_ = false;
        ++number_;
        return true;
    }

    /// Redis answered the publish of a probe: it gave it to so many.
    void on_published(std::uint64_t number, std::error_code error, std::size_t receivers,
                      time_point now) noexcept {
        if (number != number_ || state_ != state::asked)
            return; // one of a link that is gone says nothing of this one
        if (error)  // it was never given out, which says nothing of the receiving link
            return on_whole(now);
        state_ = state::given_out;
        given_out_at_ = now;
        deadline_ = receivers == 0 ? now : now + options_->response_timeout;
    }

    /// A probe came back.
    void on_probe(std::uint64_t number, time_point now) noexcept {
        if (number != number_ || (state_ != state::asked && state_ != state::given_out))
            return;
        round_trip_ = now - asked_at_;
        on_whole(now);
    }

    /// Another message came, or a part of one.
    void on_message(time_point now) noexcept {
        if (state_ == state::given_out && deadline_ > given_out_at_)
            deadline_ = std::min(now + options_->response_timeout,
                                 given_out_at_ + patience * options_->response_timeout);
    }

    /// Whether the receiving link must be replaced.
    bool deaf(time_point now) noexcept {
        if (state_ != state::given_out || !has_passed(deadline_, now, excused_))
            return false;
        on_lost();
        return true;
    }

    /// When due or deaf is to be called next.
    time_point deadline() const noexcept { return deadline_; }

    std::uint64_t number() const noexcept { return number_; }
    /// Of the last probe that came back; zero before the first.
    clock::duration round_trip() const noexcept { return round_trip_; }

private:
    enum class state { off, idle, asked, given_out };

    options const* options_;
    state state_ = state::off;
    std::uint64_t number_ = 0;
    time_point deadline_ = time_point::max();
    time_point asked_at_;
    time_point given_out_at_;
    bool excused_ = false;
    clock::duration round_trip_{0};
};

} // namespace hubbub::redis
