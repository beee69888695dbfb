// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/typed/handler_gate.hpp>

#include <algorithm>

namespace hubbub::detail {

HUBBUB_DECL void handler_gate::shut() {
    auto const self = std::this_thread::get_id();
    std::unique_lock lock(mutex_);
    shut_ = true;
    left_.wait(lock, [&] {
        return std::all_of(inside_.begin(), inside_.end(), [&](auto id) { return id == self; });
    });
}

HUBBUB_DECL bool handler_gate::enter() {
    std::lock_guard const lock(mutex_);
    if (!shut_)
        inside_.push_back(std::this_thread::get_id());
    return !shut_;
}

HUBBUB_DECL void handler_gate::leave() {
    std::lock_guard const lock(mutex_);
    inside_.erase(std::find(inside_.begin(), inside_.end(), std::this_thread::get_id()));
    if (shut_)
        left_.notify_all();
}

} // namespace hubbub::detail
