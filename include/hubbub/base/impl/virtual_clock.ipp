// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/virtual_clock.hpp>

#include <asio/error.hpp>
#include <asio/execution/context.hpp>

#include <algorithm>
#include <utility>

namespace hubbub::detail {

HUBBUB_DECL virtual_clock* virtual_clock::of(asio::any_io_executor const& executor) {
    auto& context = asio::query(executor, asio::execution::context);
    return asio::has_service<virtual_clock>(context) ? &asio::use_service<virtual_clock>(context)
                                                     : nullptr;
}

HUBBUB_DECL virtual_clock::time_point virtual_clock::now() const {
    std::lock_guard const lock(mutex_);
    return now_;
}

HUBBUB_DECL std::uint64_t virtual_clock::draw() {
    std::lock_guard const lock(mutex_);
    // SplitMix64, of Steele, Lea and Flood.
    auto bits = chance_ += 0x9e3779b97f4a7c15;
    bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9;
    bits = (bits ^ bits >> 27) * 0x94d049bb133111eb;
    return bits ^ bits >> 31;
}

HUBBUB_DECL void virtual_clock::wait(void const* owner, time_point until, waiter done) {
    std::lock_guard const lock(mutex_);
    if (until <= now_)
        return done({});
    auto const later =
        std::upper_bound(waiting_.begin(), waiting_.end(), until,
                         [](time_point time, wait_of const& w) { return time < w.until; });
    waiting_.insert(later, {until, owner, std::move(done)});
}

HUBBUB_DECL void virtual_clock::cancel(void const* owner) {
    std::lock_guard const lock(mutex_);
    std::erase_if(waiting_, [&](wait_of& w) {
        if (w.owner == owner)
            w.done(asio::error::operation_aborted);
        return w.owner == owner;
    });
}

HUBBUB_DECL std::optional<virtual_clock::time_point> virtual_clock::next() const {
    std::lock_guard const lock(mutex_);
    return waiting_.empty() ? std::nullopt : std::optional(waiting_.front().until);
}

HUBBUB_DECL void virtual_clock::advance(time_point to) {
    std::lock_guard const lock(mutex_);
    now_ = to;
    auto next = waiting_.begin();
    for (; next != waiting_.end() && next->until <= now_; ++next)
        next->done({});
    waiting_.erase(waiting_.begin(), next);
}

HUBBUB_DECL void virtual_clock::shutdown() {
    std::vector<wait_of> abandoned; // destroyed after the lock: handlers are user code
    std::lock_guard const lock(mutex_);
    abandoned.swap(waiting_);
}

} // namespace hubbub::detail
