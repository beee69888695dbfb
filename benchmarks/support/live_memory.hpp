// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include <malloc.h>

namespace bench {

/// The bytes of the heap that are in use, with what the allocator adds to each block.
/// Source: man 3 mallinfo2.
inline std::size_t live_memory_bytes() {
    auto const heap = mallinfo2();
    return heap.uordblks + heap.hblkhd;
}

} // namespace bench
