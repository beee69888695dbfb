// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <fstream>
#include <string>

namespace bench {

namespace detail {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool address_sanitizer = true;
#elif defined(__has_feature)
constexpr bool address_sanitizer = __has_feature(address_sanitizer);
#else
constexpr bool address_sanitizer = false;
#endif

} // namespace detail

/// The most memory that this process has had resident, in bytes; -1 where the system does not say,
/// and with the address sanitizer, since most would be its own.
/// Source: man 5 proc, /proc/pid/status, VmHWM (in kB, which are KiB).
inline std::int64_t peak_memory_bytes() {
    if (detail::address_sanitizer)
        return -1;
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;)
        if (std::int64_t kib = 0; word == "VmHWM:" && status >> kib)
            return kib * 1024;
    return -1;
}

} // namespace bench
