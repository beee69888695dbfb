// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/capacity_waiters.hpp>
#include <hubbub/base/config.hpp>

#include <atomic>
#include <cstddef>
#include <mutex>
#include <system_error>

namespace hubbub {

/// A bound that several queues share, in bytes: the outgoing queue of a transport, the queues of
/// its subscribers, publishes that wait for room. A queue that finds it used up behaves as if its
/// own bound were reached.
///
/// It counts the payloads and names that wait, and not what a container needs beside them. A
/// publish that waits for room takes only what the queues have left, and keeps none from taking it:
/// else it would wait for what it holds itself. If they take it, used() is above max_bytes(), at
/// most twice that.
/// Thread safety: all functions, from any thread.
class memory_budget {
public:
    explicit memory_budget(std::size_t max_bytes) noexcept : max_bytes_(max_bytes) {}
    memory_budget(memory_budget const&) = delete;
    memory_budget& operator=(memory_budget const&) = delete;

    /// Takes that many bytes; or returns false, and takes none, if the budget has fewer left.
    bool try_take(std::size_t bytes) noexcept;

    void give_back(std::size_t bytes) {
        taken_ -= bytes;
        if (has_waiters_)
            notify();
    }

    /// Counts that many bytes for a publish that waits for room; or returns false if too few are
    /// left.
    bool try_hold(std::size_t bytes) noexcept;

    void release(std::size_t bytes) noexcept { held_ -= bytes; }

    /// Completes done when so many bytes are to be had, which need not last: of those that wait,
    /// whoever fits is told, and nothing is kept for one that waits for much.
    void wait(std::size_t bytes, completion<std::error_code> done, void const* owner = nullptr);

    /// Ends the waits of one owner.
    void withdraw(void const* owner, std::error_code error);

    /// Returns the bytes that queues have taken, and those of publishes that wait for room.
    std::size_t used() const noexcept { return taken() + held_.load(std::memory_order_relaxed); }
    std::size_t taken() const noexcept { return taken_.load(std::memory_order_relaxed); }
    std::size_t max_bytes() const noexcept { return max_bytes_; }

private:
    void notify();

    std::size_t const max_bytes_;
    std::atomic<std::size_t> taken_ = 0; // by the queues
    std::atomic<std::size_t> held_ = 0;  // by what waits for room in them
    std::atomic<bool> has_waiters_ = false;
    std::mutex mutex_; // guards waiters_
    detail::capacity_waiters waiters_;
};

} // namespace hubbub

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/impl/memory_budget.ipp>
#endif
