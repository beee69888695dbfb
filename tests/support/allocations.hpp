// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <utility>

// Replaces operator new for the whole program, to count, and to fail when it is told to. So one file of a program may include it.
// What C allocates (hiredis's buffers) is not counted.

// Clang's thread sanitizer has an operator new that cannot be replaced.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HUBBUB_TESTS_COUNT_NOTHING
#endif
#endif

namespace support {

#ifdef HUBBUB_TESTS_COUNT_NOTHING
constexpr bool counts_allocations = false;
#else
constexpr bool counts_allocations = true;
#endif

inline std::atomic<std::size_t> allocated = 0;
inline std::atomic<std::size_t> freed = 0;

/// Allocations so far, in all threads.
inline std::size_t allocations() {
    return allocated;
}
/// Those that were not freed yet.
inline std::size_t live_allocations() {
    return allocated - freed;
}

/// Whether the next allocation of this thread fails.
inline thread_local bool next_fails = false;

inline void* allocate(std::size_t size) noexcept {
    if (std::exchange(next_fails, false))
        return nullptr;
    ++allocated;
    return std::malloc(size == 0 ? 1 : size);
}

inline void release(void* address) noexcept {
    if (address != nullptr)
        ++freed;
    std::free(address);
}

} // namespace support

#ifndef HUBBUB_TESTS_COUNT_NOTHING
// All of them, since a sanitizer has its own of those that are missing, and its own idea of who
// may free what.
void* operator new(std::size_t size) {
    if (auto* const address = support::allocate(size))
        return address;
    throw std::bad_alloc();
}
void* operator new[](std::size_t size) {
    return operator new(size);
}
void* operator new(std::size_t size, std::nothrow_t const&) noexcept {
    return support::allocate(size);
}
void* operator new[](std::size_t size, std::nothrow_t const&) noexcept {
    return support::allocate(size);
}
void operator delete(void* address) noexcept {
    support::release(address);
}
void operator delete[](void* address) noexcept {
    support::release(address);
}
void operator delete(void* address, std::size_t) noexcept {
    support::release(address);
}
void operator delete[](void* address, std::size_t) noexcept {
    support::release(address);
}
void operator delete(void* address, std::nothrow_t const&) noexcept {
    support::release(address);
}
void operator delete[](void* address, std::nothrow_t const&) noexcept {
    support::release(address);
}
#endif
#undef HUBBUB_TESTS_COUNT_NOTHING
