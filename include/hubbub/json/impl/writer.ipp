// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/json/writer.hpp>

#include <hubbub/base/utf8.hpp>
#include <hubbub/error.hpp>
#include <hubbub/json/plain_run.hpp>

#include <charconv>
#include <limits>

namespace hubbub::detail::json {

HUBBUB_DECL bool writer::open(char bracket) {
    if (failed_ || depth_ == max_depth) {
        failed_ = true;
        return false;
    }
    ++depth_;
    out_.put(bracket);
    first_ = true;
    return true;
}

HUBBUB_DECL void writer::close(char bracket) {
    --depth_;
    out_.put(bracket);
    first_ = false;
}

HUBBUB_DECL void writer::field(std::string_view name) {
    separate();
    out_.put('"');
    out_.put(name);
    out_.put("\":");
}

HUBBUB_DECL void writer::name(std::string_view name) {
    separate();
    quoted(name);
    out_.put(':');
}

template <class Number>
void writer::number(Number value) {
    auto* const room = out_.room(20);
    out_.advance(std::to_chars(room, room + 20, value).ptr);
}

HUBBUB_DECL void writer::integer(std::int64_t value) {
    number(value);
}

HUBBUB_DECL void writer::natural(std::uint64_t value) {
    number(value);
}

/// Digits after the point always, so that a reader of any language knows it for a fraction, and an
/// exponent for what would be long without.
template <class Number>
void writer::fraction(Number value) {
    constexpr auto largest = std::numeric_limits<Number>::max();
    if (!(value >= -largest && value <= largest)) { // so put, NaN is none either
        failed_ = true;
        return;
    }
    char shortest[32];
    auto const* const end =
        std::to_chars(shortest, shortest + sizeof shortest, value, std::chars_format::scientific)
            .ptr;
    std::string_view text(shortest, static_cast<std::size_t>(end - shortest));
    if (text.front() == '-') {
        out_.put('-');
        text.remove_prefix(1);
    }
    auto const e = text.find('e');
    int exponent = 0;
    std::from_chars(text.data() + e + (text[e + 1] == '+' ? 2 : 1), end, exponent);
    constexpr int least = -4;
    constexpr int most = 14;
    if (exponent < least || exponent > most) {
        out_.put(text);
        return;
    }
    char digits[20];
    std::size_t count = 0;
    for (char const c : text.substr(0, e))
        if (c != '.')
            digits[count++] = c;
    std::string_view const all(digits, count);
    if (exponent < 0) {
        out_.put("0.");
        out_.put(std::string_view("000").substr(0, static_cast<std::size_t>(-exponent - 1)));
        out_.put(all);
        return;
    }
    auto const whole = static_cast<std::size_t>(exponent) + 1;
    out_.put(all.substr(0, whole));
    if (count > whole) {
        out_.put('.');
        out_.put(all.substr(whole));
        return;
    }
    for (auto missing = whole - count; missing > 0; --missing)
        out_.put('0');
    out_.put(".0");
}

HUBBUB_DECL void writer::floating(double value) {
    fraction(value);
}

HUBBUB_DECL void writer::floating(float value) {
    fraction(value);
}

HUBBUB_DECL void writer::text(std::string_view value) {
    quoted(value);
}

HUBBUB_DECL void writer::quoted(std::string_view value) {
    out_.put('"');
    auto const* at = value.data();
    auto const* const end = at + value.size();
    while (true) {
        auto const* plain = plain_run(at, end);
        // Characters of several bytes stand for themselves, too.
        while (plain != end && static_cast<unsigned char>(*plain) >= 0x80) {
            auto const size = utf8_size({plain, static_cast<std::size_t>(end - plain)});
            if (size == 0) {
                failed_ = true;
                return;
            }
            plain += size;
        }
        out_.put({at, static_cast<std::size_t>(plain - at)});
        if (plain == end)
            break;
        at = plain;
        if (static_cast<unsigned char>(*at) < 0x20 || *at == '"' || *at == '\\')
            escape(*at++);
    }
    out_.put('"');
}

HUBBUB_DECL void writer::escape(char c) {
    constexpr std::string_view escaped = "\"\\\b\f\n\r\t";
    constexpr std::string_view letters = "\"\\bfnrt";
    constexpr std::string_view digits = "0123456789abcdef";
    out_.put('\\');
    if (auto const which = escaped.find(c); which != escaped.npos) {
        out_.put(letters[which]);
        return;
    }
    out_.put("u00");
    out_.put(digits[static_cast<unsigned char>(c) >> 4]);
    out_.put(digits[static_cast<unsigned char>(c) & 15]);
}

HUBBUB_DECL void writer::bytes(std::byte const* first, std::size_t size) {
    if (!begin_array(size))
        return;
    for (auto const* at = first; at != first + size; ++at) {
        element();
        natural(std::to_integer<std::uint64_t>(*at));
    }
    end_array();
}

HUBBUB_DECL std::error_code writer::finish() {
    out_.flush();
    return failed_ ? errc::cannot_encode : std::error_code();
}

} // namespace hubbub::detail::json
