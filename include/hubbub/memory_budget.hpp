// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/flow/room.hpp>

#include <atomic>
#include <cstddef>
#include <mutex>
#include <system_error>
#include <utility>

namespace hubbub {

/// A bound that several queues share, in bytes: the outgoing queue of a transport, the queues of its
/// subscribers, what waits for room. Who finds it used up behaves as if its own bound were reached.
///
/// Counted are the payloads and names that wait, and not what a container needs beside them. What
/// waits for room takes only what the queues have left, and keeps none from taking it: else it would
/// wait for what it holds itself. If they take it, used() is above max_bytes(), at most twice that.
/// Thread safety: all functions, from any thread.
class memory_budget {
public:
    explicit memory_budget(std::size_t max_bytes) noexcept : max_bytes_(max_bytes) {}
    memory_budget(memory_budget const&) = delete;
    memory_budget& operator=(memory_budget const&) = delete;

    /// Takes so many bytes, or none and returns false.
    bool try_take(std::size_t bytes) noexcept {
        auto taken = taken_.load(std::memory_order_relaxed);
        do {
            if (bytes > max_bytes_ || taken > max_bytes_ - bytes)
                return false;
        } while (!taken_.compare_exchange_weak(taken, taken + bytes, std::memory_order_relaxed));
        return true;
    }

    void give_back(std::size_t bytes) {
        taken_ -= bytes;
        if (has_waiters_)
            notify();
    }

    /// The same for what waits for room in a queue.
    bool try_hold(std::size_t bytes) noexcept {
        auto held = held_.load(std::memory_order_relaxed);
        do {
            auto const all = taken() + held;
            if (bytes > max_bytes_ || all > max_bytes_ - bytes)
                return false;
        } while (!held_.compare_exchange_weak(held, held + bytes, std::memory_order_relaxed));
        return true;
    }

    void release(std::size_t bytes) noexcept { held_ -= bytes; }

    /// Completes done when so many bytes are to be had, which need not last: of those that wait,
    /// whoever fits is told, and nothing is kept for one that waits for much.
    void wait(std::size_t bytes, completion<std::error_code> done, void const* owner = nullptr) {
        {
            std::lock_guard const lock(mutex_);
            waiters_.add(bytes, std::move(done), owner);
            has_waiters_ = true; // from now on a give_back notifies; those before are seen below
        }
        notify();
    }

    /// Ends the waits of one owner.
    void withdraw(void const* owner, std::error_code error) {
        std::lock_guard const lock(mutex_);
        waiters_.close(error, owner);
        has_waiters_ = !waiters_.empty();
    }

    /// What was taken and what is held.
    std::size_t used() const noexcept { return taken() + held_.load(std::memory_order_relaxed); }
    std::size_t taken() const noexcept { return taken_.load(std::memory_order_relaxed); }
    std::size_t max_bytes() const noexcept { return max_bytes_; }

private:
    void notify() {
        std::lock_guard const lock(mutex_);
        waiters_.notify([this](std::size_t bytes) { return taken_ + bytes <= max_bytes_; });
        has_waiters_ = !waiters_.empty();
    }

    std::size_t const max_bytes_;
    std::atomic<std::size_t> taken_ = 0; // by the queues
    std::atomic<std::size_t> held_ = 0;  // by what waits for room in them
    std::atomic<bool> has_waiters_ = false;
    std::mutex mutex_; // guards waiters_
    detail::room_waiters waiters_;
};

} // namespace hubbub
