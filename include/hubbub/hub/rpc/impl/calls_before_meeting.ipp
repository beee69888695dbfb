// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/rpc/calls_before_meeting.hpp>

#include <hubbub/error.hpp>

#include <utility>

namespace hubbub::detail {

HUBBUB_DECL std::error_code calls_before_meeting::add(shared_call what, bool& first) {
    std::lock_guard const lock(mutex_);
    if (at_most_ != 0 && calls_.size() >= at_most_)
        return errc::queue_full;
    calls_.push_back(std::move(what));
    first = !std::exchange(busy_, true);
    return {};
}

HUBBUB_DECL bool calls_before_meeting::busy() const {
    std::lock_guard const lock(mutex_);
    return busy_;
}

HUBBUB_DECL std::size_t calls_before_meeting::size() const {
    std::lock_guard const lock(mutex_);
    return calls_.size();
}

HUBBUB_DECL std::optional<shared_call> calls_before_meeting::take() {
    std::lock_guard const lock(mutex_);
    if (calls_.empty())
        return {};
    std::optional<shared_call> oldest(std::move(calls_.front()));
    calls_.pop_front();
    return oldest;
}

HUBBUB_DECL bool calls_before_meeting::go_on() {
    std::lock_guard const lock(mutex_);
    return busy_ = !calls_.empty();
}

} // namespace hubbub::detail
