// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/json/reader.hpp>

#include <hubbub/json/output.hpp>

#include <charconv>
#include <cstring>
#include <limits>

namespace hubbub::detail::json {

HUBBUB_DECL reader::reader(std::string_view text) noexcept
    : at_(text.data()), end_(text.data() + text.size()) {
    if (text.starts_with("\xef\xbb\xbf"))
        at_ += 3;
    space();
}

HUBBUB_DECL bool reader::finished() noexcept {
    space();
    return !broken_ && at_ == end_;
}

HUBBUB_DECL bool reader::literal(std::string_view word) noexcept {
    if (static_cast<std::size_t>(end_ - at_) < word.size() ||
        std::memcmp(at_, word.data(), word.size()) != 0)
        return false;
    at_ += word.size();
    return true;
}

HUBBUB_DECL bool reader::null() noexcept {
    return literal("null");
}

HUBBUB_DECL bool reader::boolean(bool& value) noexcept {
    value = is('t');
    return literal(value ? "true" : "false");
}

// Numbers -----------------------------------------------------------------------------------------

HUBBUB_DECL void reader::scan_digits() noexcept {
    while (is_digit())
        ++at_;
}

HUBBUB_DECL bool reader::scan(number& found) noexcept {
    found = {at_, 0, is('-'), true};
    if (found.negative)
        ++at_;
    if (!is_digit())
        return false;
    auto const* const digits = at_;
    if (*at_ == '0') {
        ++at_;
    } else {
        for (; is_digit(); ++at_)
            found.magnitude = found.magnitude * 10 + static_cast<std::uint64_t>(*at_ - '0');
        // Twenty digits may be too many; of fewer none is.
        if (at_ - digits >= 20)
            found.whole = std::from_chars(digits, at_, found.magnitude).ec == std::errc{};
        constexpr auto least = std::uint64_t{1} << 63;
        if (found.negative && found.magnitude > least)
            found.whole = false;
    }
    if (is('.')) {
        ++at_;
        found.whole = false;
        if (!is_digit())
            return fail();
        scan_digits();
    }
    if (is('e') || is('E')) {
        ++at_;
        found.whole = false;
        if (is('+') || is('-'))
            ++at_;
        if (!is_digit())
            return fail();
        scan_digits();
    }
    return true;
}

/// Whether a number whose conversion is out of range is too near to zero, and not too large.
inline bool is_tiny(char const* at, char const* end) noexcept {
    // Where its first digit above zero stands before the point, and how the exponent moves that.
    std::ptrdiff_t place = 0;
    bool significant = false;
    bool behind_point = false;
    for (; at != end && *at != 'e' && *at != 'E'; ++at) {
        if (*at == '.') {
            behind_point = true;
        } else if (*at != '-') {
            significant = significant || *at != '0';
            if (significant && !behind_point)
                ++place;
            else if (!significant && behind_point)
                --place;
        }
    }
    if (at == end)
        return place <= 0;
    ++at;
    bool const negative = at != end && *at == '-';
    if (at != end && (*at == '-' || *at == '+'))
        ++at;
    constexpr std::ptrdiff_t most = std::numeric_limits<std::ptrdiff_t>::max() / 4;
    std::ptrdiff_t exponent = 0;
    for (; at != end && exponent < most / 10; ++at)
        exponent = exponent * 10 + (*at - '0');
    return place + (negative ? -exponent : exponent) <= 0;
}

template <class Number>
bool reader::to_floating(number const& scanned, Number& value) noexcept {
    if (scanned.whole) { // where zero has no sign
        auto const size = static_cast<Number>(scanned.magnitude);
        value = scanned.negative && scanned.magnitude != 0 ? -size : size;
        return true;
    }
    value = 0;
    auto const result = std::from_chars(scanned.first, at_, value);
    constexpr auto most = std::numeric_limits<Number>::max();
    if (result.ec == std::errc{} && value >= -most && value <= most)
        return true;
    if (!is_tiny(scanned.first, at_))
        return false;
    value = scanned.negative ? -Number{0} : Number{0};
    return true;
}

HUBBUB_DECL bool reader::integer(std::int64_t least, std::uint64_t most,
                                 std::uint64_t& bits) noexcept {
    number found{};
    if (!scan(found) || !found.whole)
        return false;
    if (!found.negative || found.magnitude == 0) {
        bits = found.magnitude;
        return bits <= most;
    }
    bits = ~found.magnitude + 1;
    return least < 0 && static_cast<std::int64_t>(bits) >= least;
}

HUBBUB_DECL bool reader::floating(double& value) noexcept {
    number found{};
    return scan(found) && (to_floating(found, value) || fail());
}

HUBBUB_DECL bool reader::floating(float& value) noexcept {
    number found{};
    double wide = 0;
    constexpr auto most = static_cast<double>(std::numeric_limits<float>::max());
    if (!scan(found))
        return false;
    if (!to_floating(found, wide))
        return fail();
    return wide >= -most && wide <= most && to_floating(found, value);
}

// Arrays and objects ------------------------------------------------------------------------------

HUBBUB_DECL bool reader::open(char bracket) noexcept {
    if (!is(bracket))
        return false;
    if (depth_ == max_depth)
        return fail();
    ++depth_;
    ++at_;
    return true;
}

/// Whether another element or member comes: at its first byte then, or behind the bracket. The
/// byte before is the opening bracket for the first one, and for no other: no value ends with one.
HUBBUB_DECL bool reader::more(char bracket) noexcept {
    bool const first = at_[-1] == bracket - 2;
    space();
    if (is(bracket)) {
        ++at_;
        --depth_;
        return false;
    }
    if (first)
        return at_ != end_ || fail();
    if (!is(','))
        return fail();
    ++at_;
    space();
    return true;
}

HUBBUB_DECL bool reader::colon() noexcept {
    space();
    if (!is(':'))
        return fail();
    ++at_;
    space();
    return true;
}

HUBBUB_DECL std::size_t reader::member(name_table const& known, std::size_t expected) {
    if (!more('}'))
        return no_member;
    if (!is('"'))
        return fail(), no_member;
    ++at_;
    if (expected < known.size) {
        auto const name = known.names[expected];
        if (static_cast<std::size_t>(end_ - at_) > name.size() + 2 &&
            std::memcmp(at_, name.data(), name.size()) == 0 && at_[name.size()] == '"' &&
            at_[name.size() + 1] == ':') {
            at_ += name.size() + 2;
            space();
            return expected;
        }
    }
    std::string_view name;
    if (!quoted(name))
        return no_member;
    auto const which = known.find(name, expected);
    return colon() ? which : no_member;
}

HUBBUB_DECL bool reader::member(std::string& name) {
    if (!more('}'))
        return false;
    return (text(name) || fail()) && colon();
}

// Any value ---------------------------------------------------------------------------------------

HUBBUB_DECL bool reader::skip_scalar() noexcept {
    if (at_ == end_)
        return fail();
    switch (*at_) {
    case '"': ++at_; return skip_quoted();
    case 't': return literal("true") || fail();
    case 'f': return literal("false") || fail();
    case 'n': return literal("null") || fail();
    default: break;
    }
    number found{};
    double value = 0;
    if (!scan(found))
        return fail();
    return found.whole || to_floating(found, value) || fail(); // none is too large for a double
}

HUBBUB_DECL bool reader::skip() noexcept {
    // Which of the levels inside the value are objects.
    std::uint64_t objects = 0;
    auto const outside = depth_;
    static_assert(max_depth <= 64);
    while (true) {
        bool const array = is('[');
        if (array || is('{')) {
            if (!open(*at_))
                return false;
            objects = objects << 1 | (array ? 0 : 1);
        } else if (!skip_scalar()) {
            return false;
        }
        // To the next value, out of all that ends before it.
        while (true) {
            if (depth_ == outside)
                return true;
            bool const object = (objects & 1) != 0;
            if (more(object ? '}' : ']')) {
                if (object && !((is('"') ? (++at_, skip_quoted()) : fail()) && colon()))
                    return false;
                break;
            }
            if (broken_)
                return false;
            objects >>= 1;
        }
    }
}

HUBBUB_DECL bool reader::encoded(std::string_view& value) noexcept {
    auto const* const first = at_;
    if (!skip())
        return false;
    value = {first, static_cast<std::size_t>(at_ - first)};
    return true;
}

HUBBUB_DECL bool reader::bytes(std::vector<std::byte>& value) {
    value.clear();
    if (!begin_array())
        return false;
    while (element()) {
        std::uint64_t bits = 0;
        if (!integer(0, 255, bits))
            return false;
        value.push_back(static_cast<std::byte>(bits));
    }
    return !broken_;
}

} // namespace hubbub::detail::json
