// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/redis/probe.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <system_error>

namespace hubbub::redis {

HUBBUB_DECL void probe::on_whole(time_point now) noexcept {
    if (options_->probe_interval == std::chrono::milliseconds::zero())
        return;
    state_ = state::idle;
    deadline_ = now + options_->probe_interval;
}

HUBBUB_DECL void probe::on_lost() noexcept {
    state_ = state::off;
    deadline_ = time_point::max();
}

HUBBUB_DECL bool probe::due(time_point now, bool subscribed) noexcept {
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

HUBBUB_DECL void probe::on_published(std::uint64_t number, std::error_code error,
                                     receiver_count receivers, time_point now) noexcept {
    if (number != number_ || state_ != state::asked)
        return; // one of a link that is gone says nothing of this one
    if (error)  // it was never given out, which says nothing of the receiving link
        return on_whole(now);
    state_ = state::given_out;
    given_out_at_ = now;
    deadline_ = receivers == 0 ? now : now + options_->response_timeout;
}

HUBBUB_DECL void probe::on_probe(std::uint64_t number, time_point now) noexcept {
    if (number != number_ || (state_ != state::asked && state_ != state::given_out))
        return;
    round_trip_ = now - asked_at_;
    on_whole(now);
}

HUBBUB_DECL void probe::on_message(time_point now) noexcept {
    if (state_ == state::given_out && deadline_ > given_out_at_)
        deadline_ = std::min(now + options_->response_timeout,
                             given_out_at_ + patience * options_->response_timeout);
}

HUBBUB_DECL bool probe::deaf(time_point now) noexcept {
    if (state_ != state::given_out || !has_passed(deadline_, now, excused_))
        return false;
    on_lost();
    return true;
}

} // namespace hubbub::redis
