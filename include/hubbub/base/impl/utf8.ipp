// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/utf8.hpp>

#include <charconv>
#include <system_error>

namespace hubbub::detail {

HUBBUB_DECL std::size_t utf8_size(std::string_view text) noexcept {
    auto const byte = [&](std::size_t i) -> unsigned {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
    };
    auto const in = [](unsigned b, unsigned least, unsigned most) {
        return b >= least && b <= most;
    };
    auto const tail = [&](std::size_t i) { return in(byte(i), 0x80, 0xbf); };
    auto const first = byte(0);
    if (first < 0x80)
        return text.empty() ? 0 : 1;
    if (in(first, 0xc2, 0xdf))
        return tail(1) ? 2 : 0;
    if (in(first, 0xe0, 0xef)) {
        auto const least = first == 0xe0 ? 0xa0U : 0x80U; // none that is longer than it need be
        auto const most = first == 0xed ? 0x9fU : 0xbfU;  // no surrogates
        return in(byte(1), least, most) && tail(2) ? 3 : 0;
    }
    if (in(first, 0xf0, 0xf4)) {
        auto const least = first == 0xf0 ? 0x90U : 0x80U;
        auto const most = first == 0xf4 ? 0x8fU : 0xbfU; // none beyond U+10FFFF
        return in(byte(1), least, most) && tail(2) && tail(3) ? 4 : 0;
    }
    return 0;
}

HUBBUB_DECL std::string escape_to_utf8(std::string_view bytes, char escape) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string text;
    while (!bytes.empty()) {
        auto const size = bytes.front() == escape ? 0 : utf8_size(bytes);
        if (size != 0) {
            text.append(bytes.substr(0, size));
            bytes.remove_prefix(size);
            continue;
        }
        auto const byte = static_cast<unsigned char>(bytes.front());
        text.append(1, escape).append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
        bytes.remove_prefix(1);
    }
    return text;
}

HUBBUB_DECL std::string unescape(std::string_view text, char escape) {
    std::string bytes;
    while (!text.empty()) {
        auto const digits = text.substr(1, 2);
        unsigned char byte{};
        auto const [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
        bool const escaped = text.front() == escape && digits.size() == 2 && error == std::errc{} &&
                             end == digits.data() + 2;
        bytes += escaped ? static_cast<char>(byte) : text.front();
        text.remove_prefix(escaped ? 3 : 1);
    }
    return bytes;
}

} // namespace hubbub::detail
