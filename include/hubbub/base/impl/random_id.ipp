// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/random_id.hpp>
#include <hubbub/base/virtual_clock.hpp>

#include <array>
#include <charconv>
#include <cstddef>
#include <random>

namespace hubbub::detail {

HUBBUB_DECL std::uint64_t random_bits(asio::any_io_executor const& executor) {
    if (auto* const clock = virtual_clock::of(executor))
        return clock->draw();
    std::random_device source;
    return std::uint64_t{source()} << 32 | source();
}

HUBBUB_DECL std::string random_id(asio::any_io_executor const& executor) {
    auto const bits = random_bits(executor);
    std::array<char, 16> digits{};
    auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), bits, 16).ptr;
    return std::string(digits.size() - static_cast<std::size_t>(end - digits.data()), '0')
        .append(digits.data(), end);
}

} // namespace hubbub::detail
