// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/json/msgpack_reader.hpp>

#include <bit>
#include <limits>

namespace hubbub::detail::msgpack {

/// A number of so many bytes, the highest first.
HUBBUB_DECL bool reader::take_number(std::size_t size, std::uint64_t& number) noexcept {
    if (static_cast<std::size_t>(end_ - at_) < size)
        return fail();
    number = 0;
    for (; size > 0; --size)
        number = number << 8 | static_cast<unsigned char>(*at_++);
    return true;
}

HUBBUB_DECL bool reader::take_sized(head& found, kind is, std::size_t size) noexcept {
    found.is = is;
    return take_number(size, found.number);
}

/// Reads so many bytes behind the one that says of which type the value is.
HUBBUB_DECL bool reader::take_extension(head& found, std::uint64_t size) noexcept {
    found = {kind::bytes, size, 0};
    if (at_ == end_)
        return fail();
    ++at_;
    return true;
}

HUBBUB_DECL bool reader::take(head& found) noexcept {
    if (at_ == end_)
        return fail();
    auto const byte = static_cast<unsigned char>(*at_++);
    found.number = 0;
    if (byte < 0x80)
        return found = {kind::natural, byte, 0}, true;
    if (byte < 0x90)
        return found = {kind::map, byte & 0x0fU, 0}, true;
    if (byte < 0xa0)
        return found = {kind::array, byte & 0x0fU, 0}, true;
    if (byte < 0xc0)
        return found = {kind::text, byte & 0x1fU, 0}, true;
    // Of the numbers below zero, and above, the bits of an int64.
    auto const extended = [&](std::size_t size) {
        if (!take_number(size, found.number))
            return false;
        auto const unused = 64 - 8 * size;
        auto const value = static_cast<std::int64_t>(found.number << unused) >> unused;
        found.number = static_cast<std::uint64_t>(value);
        found.is = value < 0 ? kind::negative : kind::natural;
        return true;
    };
    std::uint64_t size = 0;
    switch (byte) {
    case 0xc0: found.is = kind::null; return true;
    case 0xc2:
    case 0xc3: found = {kind::boolean, byte & 1U, 0}; return true;
    case 0xc4: return take_sized(found, kind::bytes, 1);
    case 0xc5: return take_sized(found, kind::bytes, 2);
    case 0xc6: return take_sized(found, kind::bytes, 4);
    case 0xc7: return take_number(1, size) && take_extension(found, size);
    case 0xc8: return take_number(2, size) && take_extension(found, size);
    case 0xc9: return take_number(4, size) && take_extension(found, size);
    case 0xca:
        if (!take_sized(found, kind::fraction, 4))
            return false;
        found.fraction =
            static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(found.number)));
        return true;
    case 0xcb:
        if (!take_sized(found, kind::fraction, 8))
            return false;
        found.fraction = std::bit_cast<double>(found.number);
        return true;
    case 0xcc: return take_sized(found, kind::natural, 1);
    case 0xcd: return take_sized(found, kind::natural, 2);
    case 0xce: return take_sized(found, kind::natural, 4);
    case 0xcf: return take_sized(found, kind::natural, 8);
    case 0xd0: return extended(1);
    case 0xd1: return extended(2);
    case 0xd2: return extended(4);
    case 0xd3: return extended(8);
    case 0xd4: return take_extension(found, 1);
    case 0xd5: return take_extension(found, 2);
    case 0xd6: return take_extension(found, 4);
    case 0xd7: return take_extension(found, 8);
    case 0xd8: return take_extension(found, 16);
    case 0xd9: return take_sized(found, kind::text, 1);
    case 0xda: return take_sized(found, kind::text, 2);
    case 0xdb: return take_sized(found, kind::text, 4);
    case 0xdc: return take_sized(found, kind::array, 2);
    case 0xdd: return take_sized(found, kind::array, 4);
    case 0xde: return take_sized(found, kind::map, 2);
    case 0xdf: return take_sized(found, kind::map, 4);
    default: break;
    }
    if (byte == 0xc1)
        return fail();
    found.is = kind::negative;
    found.number = static_cast<std::uint64_t>(static_cast<std::int64_t>(byte) - 0x100);
    return true;
}

HUBBUB_DECL bool reader::run(std::uint64_t size, std::string_view& bytes) noexcept {
    if (static_cast<std::uint64_t>(end_ - at_) < size)
        return fail();
    bytes = {at_, static_cast<std::size_t>(size)};
    at_ += bytes.size();
    return true;
}

HUBBUB_DECL bool reader::null() noexcept {
    bool const is = at_ != end_ && *at_ == '\xc0';
    at_ += is ? 1 : 0;
    return is;
}

HUBBUB_DECL bool reader::boolean(bool& value) noexcept {
    head found;
    if (!take(found) || found.is != kind::boolean)
        return false;
    value = found.number != 0;
    return true;
}

HUBBUB_DECL bool reader::integer(std::int64_t least, std::uint64_t most,
                                 std::uint64_t& bits) noexcept {
    head found;
    if (!take(found))
        return false;
    bits = found.number;
    if (found.is == kind::natural)
        return bits <= most;
    return found.is == kind::negative && static_cast<std::int64_t>(bits) >= least;
}

HUBBUB_DECL bool reader::floating(double& value) noexcept {
    head found;
    if (!take(found))
        return false;
    if (found.is == kind::fraction)
        value = found.fraction;
    else if (found.is == kind::natural)
        value = static_cast<double>(found.number);
    else if (found.is == kind::negative)
        value = static_cast<double>(static_cast<std::int64_t>(found.number));
    else
        return false;
    return true;
}

HUBBUB_DECL bool reader::floating(float& value) noexcept {
    double wide = 0;
    constexpr auto most = static_cast<double>(std::numeric_limits<float>::max());
    constexpr auto widest = std::numeric_limits<double>::max();
    if (!floating(wide))
        return false;
    // What is infinite, or none, is that in a float, too.
    if ((wide > most && wide <= widest) || (wide < -most && wide >= -widest))
        return false;
    value = static_cast<float>(wide);
    return true;
}

HUBBUB_DECL bool reader::text_view(std::string_view& value) noexcept {
    head found;
    return take(found) && found.is == kind::text && run(found.number, value);
}

HUBBUB_DECL bool reader::text(std::string& value) {
    std::string_view view;
    if (!text_view(view))
        return false;
    value = view;
    return true;
}

HUBBUB_DECL bool reader::bytes(std::vector<std::byte>& value) {
    value.clear();
    head found;
    if (!take(found))
        return false;
    if (found.is == kind::bytes) {
        std::string_view view;
        if (!run(found.number, view))
            return false;
        auto const* const first = reinterpret_cast<std::byte const*>(view.data());
        value.assign(first, first + view.size());
        return true;
    }
    if (found.is != kind::array || !enter(found.number))
        return false;
    while (element()) {
        std::uint64_t bits = 0;
        if (!integer(0, 255, bits))
            return false;
        value.push_back(static_cast<std::byte>(bits));
    }
    return !broken_;
}

HUBBUB_DECL bool reader::enter(std::uint64_t size) noexcept {
    if (depth_ == max_depth)
        return fail();
    left_[depth_++] = size;
    return true;
}

HUBBUB_DECL bool reader::open(kind is) noexcept {
    head found;
    return take(found) && found.is == is && enter(found.number);
}

HUBBUB_DECL bool reader::begin_array() noexcept {
    return open(kind::array);
}

HUBBUB_DECL bool reader::begin_object() noexcept {
    return open(kind::map);
}

HUBBUB_DECL bool reader::more() noexcept {
    auto& left = left_[depth_ - 1];
    if (left == 0) {
        --depth_;
        return false;
    }
    --left;
    return true;
}

HUBBUB_DECL std::size_t reader::member(name_table const& known, std::size_t expected) noexcept {
    std::string_view name;
    if (!more())
        return no_member;
    if (!text_view(name))
        return fail(), no_member;
    return known.find(name, expected);
}

HUBBUB_DECL bool reader::member(std::string& name) {
    return more() && (text(name) || fail());
}

HUBBUB_DECL bool reader::skip() noexcept {
    std::uint64_t maps = 0; // which of the levels inside the value are maps
    auto const outside = depth_;
    static_assert(max_depth <= 64);
    while (true) {
        head found;
        std::string_view unused;
        if (!take(found))
            return false;
        if (found.is == kind::array || found.is == kind::map) {
            if (!enter(found.number))
                return false;
            maps = maps << 1 | (found.is == kind::map ? 1 : 0);
        } else if ((found.is == kind::text || found.is == kind::bytes) &&
                   !run(found.number, unused)) {
            return false;
        }
        while (depth_ != outside && !more())
            maps >>= 1;
        if (depth_ == outside)
            return true;
        if ((maps & 1) != 0 && !text_view(unused))
            return fail();
    }
}

HUBBUB_DECL bool reader::encoded(std::string_view& value) noexcept {
    auto const* const first = at_;
    if (!skip())
        return false;
    value = {first, static_cast<std::size_t>(at_ - first)};
    return true;
}

} // namespace hubbub::detail::msgpack
