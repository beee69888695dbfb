// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/json/msgpack_writer.hpp>

#include <hubbub/error.hpp>

#include <bit>
#include <limits>

namespace hubbub::detail::msgpack {

/// A kind, and a number of so many bytes, the highest first.
HUBBUB_DECL void writer::head(unsigned kind, std::uint64_t number, std::size_t size) {
    auto* at = out_.room(9);
    *at++ = static_cast<char>(kind);
    while (size > 0)
        *at++ = static_cast<char>(number >> (8 * --size) & 0xff);
    out_.advance(at);
}

HUBBUB_DECL void writer::natural(std::uint64_t value) {
    if (value < 0x80)
        out_.put(static_cast<char>(value));
    else if (value <= 0xff)
        head(0xcc, value, 1);
    else if (value <= 0xffff)
        head(0xcd, value, 2);
    else if (value <= 0xffffffff)
        head(0xce, value, 4);
    else
        head(0xcf, value, 8);
}

HUBBUB_DECL void writer::integer(std::int64_t value) {
    auto const bits = static_cast<std::uint64_t>(value);
    if (value >= 0)
        natural(bits);
    else if (value >= -32)
        out_.put(static_cast<char>(value));
    else if (value >= std::numeric_limits<std::int8_t>::min())
        head(0xd0, bits, 1);
    else if (value >= std::numeric_limits<std::int16_t>::min())
        head(0xd1, bits, 2);
    else if (value >= std::numeric_limits<std::int32_t>::min())
        head(0xd2, bits, 4);
    else
        head(0xd3, bits, 8);
}

HUBBUB_DECL void writer::floating(double value) {
    constexpr auto most = static_cast<double>(std::numeric_limits<float>::max());
    if (value >= -most && value <= most) {
        auto const narrow = static_cast<float>(value);
        if (!(static_cast<double>(narrow) < value) && !(static_cast<double>(narrow) > value)) {
            head(0xca, std::bit_cast<std::uint32_t>(narrow), 4);
            return;
        }
    }
    head(0xcb, std::bit_cast<std::uint64_t>(value), 8);
}

HUBBUB_DECL void writer::text(std::string_view value) {
    if (value.size() < 32)
        out_.put(static_cast<char>(0xa0 | value.size()));
    else if (value.size() <= 0xff)
        head(0xd9, value.size(), 1);
    else if (!counts(value.size(), 0xda))
        return;
    out_.put(value);
}

HUBBUB_DECL void writer::bytes(std::byte const* first, std::size_t size) {
    if (size <= 0xff)
        head(0xc4, size, 1);
    else if (!counts(size, 0xc5))
        return;
    out_.put({reinterpret_cast<char const*>(first), size});
}

HUBBUB_DECL bool writer::counts(std::size_t size, unsigned kind) {
    if (size <= 0xffff)
        head(kind, size, 2);
    else if (size <= 0xffffffff)
        head(kind + 1, size, 4);
    else
        failed_ = true;
    return !failed_;
}

HUBBUB_DECL bool writer::enter() {
    if (failed_ || depth_ == max_depth) {
        failed_ = true;
        return false;
    }
    ++depth_;
    return true;
}

HUBBUB_DECL bool writer::begin_array(std::size_t size) {
    if (!enter())
        return false;
    if (size >= 16)
        return counts(size, 0xdc);
    out_.put(static_cast<char>(0x90 | size));
    return true;
}

HUBBUB_DECL bool writer::begin_object(std::size_t size) {
    if (!enter())
        return false;
    if (size >= 16)
        return counts(size, 0xde);
    out_.put(static_cast<char>(0x80 | size));
    return true;
}

HUBBUB_DECL std::error_code writer::finish() {
    out_.flush();
    return failed_ ? errc::cannot_encode : std::error_code();
}

} // namespace hubbub::detail::msgpack
