// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

namespace hubbub::detail {

/// How much is in a bounded queue.
struct queue_load {
    std::size_t entries = 0;
    std::size_t bytes = 0;

    void add(std::size_t size) noexcept {
        ++entries;
        bytes += size;
    }
    void remove(std::size_t size) noexcept {
        --entries;
        bytes -= size;
    }

    /// Whether one more of that size keeps to the bounds.
    bool has_room(std::size_t size, std::size_t max_entries, std::size_t max_bytes) const noexcept {
        return bytes + size <= max_bytes && entries < max_entries;
    }
    /// The same where an empty queue takes one of any size.
    bool takes(std::size_t size, std::size_t max_entries, std::size_t max_bytes) const noexcept {
        return entries == 0 || has_room(size, max_entries, max_bytes);
    }
};

} // namespace hubbub::detail
