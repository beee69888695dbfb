// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/json/reader.hpp>

#include <hubbub/base/utf8.hpp>
#include <hubbub/json/plain_run.hpp>

#include <charconv>
#include <system_error>

// The strings of a JSON text.
namespace hubbub::detail::json {

/// Passes over what stands for itself; the byte behind is a quote or a backslash, or null is
/// returned.
HUBBUB_DECL char const* reader::skip_plain() noexcept {
    while (true) {
        at_ = plain_run(at_, end_);
        if (at_ == end_)
            return nullptr;
        if (static_cast<unsigned char>(*at_) < 0x80)
            break;
        auto const size = utf8_size({at_, static_cast<std::size_t>(end_ - at_)});
        if (size == 0)
            return nullptr;
        at_ += size;
    }
    return static_cast<unsigned char>(*at_) < 0x20 ? nullptr : at_;
}

HUBBUB_DECL bool reader::four_digits(std::uint32_t& unit) noexcept {
    if (end_ - at_ < 4)
        return false;
    auto const [end, error] = std::from_chars(at_, at_ + 4, unit, 16);
    bool const all = error == std::errc{} && end == at_ + 4;
    at_ += 4;
    return all;
}

/// At the backslash: makes the one character of UTF-8 that it and what follows mean.
HUBBUB_DECL bool reader::unescape(char (&utf8)[4], std::size_t& size) noexcept {
    ++at_;
    if (at_ == end_)
        return false;
    constexpr std::string_view letters = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    char const letter = *at_++;
    size = 1;
    if (auto const which = letters.find(letter); which != letters.npos) {
        utf8[0] = meanings[which];
        return true;
    }
    std::uint32_t code = 0;
    if (letter != 'u' || !four_digits(code))
        return false;
    if (code >= 0xd800 && code <= 0xdfff) { // one half of a pair
        std::uint32_t low = 0;
        if (code >= 0xdc00 || !literal("\\u") || !four_digits(low) || low < 0xdc00 || low > 0xdfff)
            return false;
        code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
    }
    auto const tail = [](std::uint32_t bits) { return static_cast<char>(0x80 | (bits & 0x3f)); };
    if (code < 0x80) {
        utf8[0] = static_cast<char>(code);
    } else if (code < 0x800) {
        utf8[0] = static_cast<char>(0xc0 | (code >> 6));
        utf8[1] = tail(code);
        size = 2;
    } else if (code < 0x10000) {
        utf8[0] = static_cast<char>(0xe0 | (code >> 12));
        utf8[1] = tail(code >> 6);
        utf8[2] = tail(code);
        size = 3;
    } else {
        utf8[0] = static_cast<char>(0xf0 | (code >> 18));
        utf8[1] = tail(code >> 12);
        utf8[2] = tail(code >> 6);
        utf8[3] = tail(code);
        size = 4;
    }
    return true;
}

HUBBUB_DECL bool reader::quoted_slowly(std::string& value) {
    char utf8[4];
    std::size_t size = 0;
    while (*at_ == '\\') {
        if (!unescape(utf8, size))
            return fail();
        value.append(utf8, size);
        auto const* const first = at_;
        if (skip_plain() == nullptr)
            return fail();
        value.append(first, at_);
    }
    ++at_;
    return true;
}

HUBBUB_DECL bool reader::quoted(std::string_view& value) {
    auto const* const first = at_;
    if (skip_plain() == nullptr)
        return fail();
    if (*at_ == '"') {
        value = {first, static_cast<std::size_t>(at_++ - first)};
        return true;
    }
    scratch_.assign(first, at_);
    if (!quoted_slowly(scratch_))
        return false;
    value = scratch_;
    return true;
}

HUBBUB_DECL bool reader::skip_quoted() noexcept {
    char utf8[4];
    std::size_t size = 0;
    while (skip_plain() != nullptr) {
        if (*at_ == '"') {
            ++at_;
            return true;
        }
        if (!unescape(utf8, size))
            break;
    }
    return fail();
}

HUBBUB_DECL bool reader::text(std::string& value) {
    if (!is('"'))
        return false;
    auto const* const first = ++at_;
    if (skip_plain() == nullptr)
        return fail();
    value.assign(first, static_cast<std::size_t>(at_ - first));
    if (*at_ != '"')
        return quoted_slowly(value);
    ++at_;
    return true;
}

HUBBUB_DECL bool reader::text_view(std::string_view& value) {
    if (!is('"'))
        return false;
    ++at_;
    return quoted(value);
}

} // namespace hubbub::detail::json
