// SPDX-License-Identifier: MIT
#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

namespace hubbub::redis {

// Commands are formatted straight into the outgoing buffer, as arrays of bulk strings.
// Source: redis.io/docs/latest/develop/reference/protocol-spec, "Sending commands".

namespace detail {

inline void append_header(std::string& out, char mark, std::size_t number) {
    char digits[24];
    digits[0] = mark;
    auto* const end = std::to_chars(digits + 1, digits + 22, number).ptr;
    end[0] = '\r';
    end[1] = '\n';
    out.append(digits, static_cast<std::size_t>(end + 2 - digits));
}

/// One argument in two parts, so that a prefix needs no copy.
inline void append_argument(std::string& out, std::string_view head, std::string_view tail = {}) {
    append_header(out, '$', head.size() + tail.size());
    out.append(head).append(tail).append("\r\n", 2);
}

} // namespace detail

/// Appends a command of the given words.
inline void append_command(std::string& out,
                           std::convertible_to<std::string_view> auto const&... words) {
    detail::append_header(out, '*', sizeof...(words));
    (detail::append_argument(out, words), ...);
}

/// Appends `PUBLISH <prefix><topic> <payload>`.
inline void append_publish(std::string& out, std::string_view prefix, std::string_view topic,
                           std::string_view payload) {
    constexpr std::string_view head = "*3\r\n$7\r\nPUBLISH\r\n";
    out.append(head);
    detail::append_argument(out, prefix, topic);
    detail::append_argument(out, payload);
}

} // namespace hubbub::redis
