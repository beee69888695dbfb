// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/members/drain_waiter.hpp>

#include <hubbub/error.hpp>

#include <asio/error.hpp>

#include <utility>

namespace hubbub::detail {

HUBBUB_DECL bool drain_waiter::begin(std::chrono::milliseconds at_most,
                                     completion<std::error_code> done,
                                     std::function<void()> end_rest) {
    std::lock_guard const lock(mutex_);
    if (done_) {
        done(asio::error::already_started);
        return false;
    }
    done_ = std::move(done);
    late_ = {};
    timer_.expires_after(at_most);
    timer_.async_wait(
        [weak = weak_from_this(), end_rest = std::move(end_rest)](std::error_code error) {
            if (auto const self = weak.lock(); self && !error && self->is_late())
                end_rest();
        });
    return true;
}

HUBBUB_DECL void drain_waiter::left(std::size_t present) {
    if (present == 0)
        end({});
}

HUBBUB_DECL void drain_waiter::end(std::error_code outcome) {
    std::lock_guard const lock(mutex_);
    if (!done_)
        return;
    timer_.cancel();
    std::exchange(done_, {})(outcome ? outcome : late_);
}

HUBBUB_DECL bool drain_waiter::is_late() {
    std::lock_guard const lock(mutex_);
    late_ = errc::timed_out;
    return static_cast<bool>(done_);
}

} // namespace hubbub::detail
