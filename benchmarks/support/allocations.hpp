// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

// Counts every allocation of the program, those of C libraries and of std::aligned_alloc (Asio's)
// too: operator new ends here as well. Include it in one file of a program.
// Source: gnu.org/software/libc/manual, "Replacing malloc".

namespace bench {

/// Whose allocations a thread's are.
enum class allocator_role { nobody, caller, publishing_link, receiver };

namespace detail {

inline constinit std::array<std::atomic<std::uint64_t>, 4> allocation_counts{};
inline constinit thread_local allocator_role this_role = allocator_role::nobody;

inline void count_allocation() noexcept {
    allocation_counts[static_cast<std::size_t>(this_role)].fetch_add(1, std::memory_order_relaxed);
}

} // namespace detail

inline void allocate_as(allocator_role role) noexcept {
    detail::this_role = role;
}

inline std::uint64_t allocations_of(allocator_role role) noexcept {
    return detail::allocation_counts[static_cast<std::size_t>(role)];
}

} // namespace bench

// NOLINTBEGIN(bugprone-reserved-identifier): so glibc calls them.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

void* malloc(std::size_t size) noexcept {
    bench::detail::count_allocation();
    return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) noexcept {
    bench::detail::count_allocation();
    return __libc_calloc(count, size);
}
void* realloc(void* old, std::size_t size) noexcept {
    bench::detail::count_allocation();
    return __libc_realloc(old, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
    bench::detail::count_allocation();
    return __libc_memalign(alignment, size);
}
int posix_memalign(void** result, std::size_t alignment, std::size_t size) noexcept {
    bench::detail::count_allocation();
    *result = __libc_memalign(alignment, size);
    return *result == nullptr ? ENOMEM : 0;
}
}
// NOLINTEND(bugprone-reserved-identifier)
