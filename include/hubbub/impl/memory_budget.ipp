// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/memory_budget.hpp>

#include <utility>

namespace hubbub {

HUBBUB_DECL bool memory_budget::try_take(std::size_t bytes) noexcept {
    auto taken = taken_.load(std::memory_order_relaxed);
    do {
        if (bytes > max_bytes_ || taken > max_bytes_ - bytes)
            return false;
    } while (!taken_.compare_exchange_weak(taken, taken + bytes, std::memory_order_relaxed));
    return true;
}

HUBBUB_DECL bool memory_budget::try_hold(std::size_t bytes) noexcept {
    auto held = held_.load(std::memory_order_relaxed);
    do {
        auto const all = taken() + held;
        if (bytes > max_bytes_ || all > max_bytes_ - bytes)
            return false;
    } while (!held_.compare_exchange_weak(held, held + bytes, std::memory_order_relaxed));
    return true;
}

HUBBUB_DECL void memory_budget::wait(std::size_t bytes, completion<std::error_code> done,
                                     void const* owner) {
    {
        std::lock_guard const lock(mutex_);
        waiters_.add(bytes, std::move(done), owner);
        has_waiters_ = true; // from now on a give_back notifies; those before are seen below
    }
    notify();
}

HUBBUB_DECL void memory_budget::withdraw(void const* owner, std::error_code error) {
    std::lock_guard const lock(mutex_);
    waiters_.close(error, owner);
    has_waiters_ = !waiters_.empty();
}

HUBBUB_DECL void memory_budget::notify() {
    std::lock_guard const lock(mutex_);
    waiters_.notify([this](std::size_t bytes) { return taken_ + bytes <= max_bytes_; });
    has_waiters_ = !waiters_.empty();
}

} // namespace hubbub
