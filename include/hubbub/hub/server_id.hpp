// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

namespace hubbub::detail {

/// 64 random bits in hexadecimal: no two servers have the same.
inline std::string random_id() {
    std::random_device source;
    auto const bits = std::uint64_t{source()} << 32 | source();
    std::array<char, 16> digits{};
    auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), bits, 16).ptr;
    return std::string(digits.size() - static_cast<std::size_t>(end - digits.data()), '0')
        .append(digits.data(), end);
}

} // namespace hubbub::detail
