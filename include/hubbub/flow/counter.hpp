// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace hubbub::detail {

/// A count that any thread adds to and any thread reads.
class counter {
public:
    void add(std::uint64_t n = 1) noexcept { value_.fetch_add(n, std::memory_order_relaxed); }
    void take_back() noexcept { value_.fetch_sub(1, std::memory_order_relaxed); }
    std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_ = 0;
};

/// The most that was in a queue at once. Any thread.
class high_water {
public:
    void raise(std::size_t messages, std::size_t bytes) noexcept {
        raise(messages_, messages);
        raise(bytes_, bytes);
    }
    std::size_t messages() const noexcept { return messages_.load(std::memory_order_relaxed); }
    std::size_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }

private:
    static void raise(std::atomic<std::size_t>& mark, std::size_t to) noexcept {
        auto seen = mark.load(std::memory_order_relaxed);
        while (seen < to && !mark.compare_exchange_weak(seen, to, std::memory_order_relaxed)) {
        }
    }

    std::atomic<std::size_t> messages_ = 0;
    std::atomic<std::size_t> bytes_ = 0;
};

} // namespace hubbub::detail
