// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <cstring>

namespace hubbub::detail::json {

/// The first byte that does not stand for itself in a string of ASCII: a quote, a backslash, a
/// control character, or a byte of a character of several; end if there is none.
inline char const* plain_run(char const* at, char const* end) noexcept {
    // Eight at a time. A byte less than n borrows from its highest bit when n is taken from it,
    // and what borrows from its neighbour is found to be not plain before.
    constexpr auto ones = UINT64_C(0x0101010101010101);
    constexpr auto highest = UINT64_C(0x8080808080808080);
    while (end - at >= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, sizeof word);
        auto const quote = word ^ (ones * '"');
        auto const backslash = word ^ (ones * '\\');
        auto const special =
            (word | (word - ones * 0x20) | (quote - ones) | (backslash - ones)) & highest;
        if (special != 0)
            break;
        at += 8;
    }
    for (; at != end; ++at) {
        auto const byte = static_cast<unsigned char>(*at);
        if (byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\')
            break;
    }
    return at;
}

} // namespace hubbub::detail::json
