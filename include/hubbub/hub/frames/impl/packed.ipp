// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/frames/packed.hpp>

#include <cstddef>
#include <cstdint>

namespace hubbub::detail {

HUBBUB_DECL std::string_view null_in(frame_format format) noexcept {
    switch (format) {
    case frame_format::json: return "null";
    case frame_format::msgpack: return "\xc0";
    case frame_format::objects:
    case frame_format::opaque: break;
    }
    return {};
}

// Source: github.com/msgpack/msgpack/blob/master/spec.md, "bin format family". Always that of 32
// bits, so that it is taken off without a look.
inline constexpr std::size_t opaque_header = 5;

HUBBUB_DECL std::string wrap_opaque(std::string_view bytes) {
    std::string value("\xc6\0\0\0\0", opaque_header);
    auto const size = static_cast<std::uint32_t>(bytes.size());
    for (std::size_t i = 0; i < 4; ++i)
        value[i + 1] = static_cast<char>(size >> (24 - 8 * i) & 0xff);
    return value.append(bytes);
}

HUBBUB_DECL std::string_view unwrap_opaque(std::string_view value) noexcept {
    bool const is_wrapped = value.size() >= opaque_header && value.front() == '\xc6';
    return is_wrapped ? value.substr(opaque_header) : std::string_view();
}

} // namespace hubbub::detail
