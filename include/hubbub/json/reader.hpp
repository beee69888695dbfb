// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/json/name_table.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace hubbub::detail::json {

/// Takes one JSON text apart, piece by piece, from bytes that anyone may have sent.
///
/// A function that takes a value returns false where another one comes, or none: then the reader
/// stands somewhere in it, and retry() goes back to where it began. broken() tells that the text is
/// no JSON, or nests deeper than max_depth: nothing helps then.
/// Source: RFC 8259. A byte order mark before the text is passed over, as nlohmann does.
class reader {
public:
    static constexpr bool is_text = true;

    explicit reader(std::string_view text) noexcept;

    /// Takes null, and nothing else: the reader stays where it is.
    bool null() noexcept;
    bool boolean(bool& value) noexcept;
    /// The two's complement of a whole number, written without fraction and exponent, if it is one
    /// of those from least to most.
    bool integer(std::int64_t least, std::uint64_t most, std::uint64_t& bits) noexcept;
    bool floating(double& value) noexcept;
    bool floating(float& value) noexcept;
    bool text(std::string& value);
    /// The view is valid until the next text or name is taken.
    bool text_view(std::string_view& value);
    /// An array of numbers.
    bool bytes(std::vector<std::byte>& value);
    /// Any value: the bytes of its encoding.
    bool encoded(std::string_view& value) noexcept;
    bool skip() noexcept;

    bool begin_array() noexcept { return open('['); }
    /// Whether an element comes; if not, the array is over, or broken().
    bool element() noexcept { return more(']'); }

    bool begin_object() noexcept { return open('{'); }
    /// The index of the member that comes; the size of the table if it has no such name; no_member
    /// if the object is over, or broken().
    std::size_t member(name_table const& known, std::size_t expected);
    /// Its name, whatever it is; false if the object is over, or broken().
    bool member(std::string& name);

    /// Where a value begins.
    struct mark {
        char const* at;
        std::size_t depth;
    };
    mark here() const noexcept { return {at_, depth_}; }
    /// Passes over the value there, which was begun and was not of the type asked for. False if
    /// broken().
    bool pass(mark where) noexcept {
        at_ = where.at;
        depth_ = where.depth;
        return !broken_ && skip();
    }

    bool broken() const noexcept { return broken_; }
    /// Whether the text is over, with nothing but white space behind the value.
    bool finished() noexcept;

private:
    /// The text of a number, and what it is.
    struct number {
        char const* first;
        std::uint64_t magnitude; // of a whole one
        bool negative;
        bool whole; // without fraction and exponent, and an int64 or a uint64
    };

    bool fail() noexcept {
        broken_ = true;
        return false;
    }
    bool is(char c) const noexcept { return at_ != end_ && *at_ == c; }
    bool is_digit() const noexcept { return at_ != end_ && *at_ >= '0' && *at_ <= '9'; }
    void space() noexcept {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t'))
            ++at_;
    }
    bool open(char bracket) noexcept;
    bool more(char bracket) noexcept;
    bool colon() noexcept;
    bool literal(std::string_view word) noexcept;
    bool scan(number& found) noexcept;
    void scan_digits() noexcept;
    template <class Number>
    bool to_floating(number const& scanned, Number& value) noexcept;
    /// At the character behind the opening quote; leaves the closing one behind.
    bool quoted(std::string_view& value);
    bool quoted_slowly(std::string& value);
    bool skip_quoted() noexcept;
    char const* skip_plain() noexcept;
    bool unescape(char (&utf8)[4], std::size_t& size) noexcept;
    bool four_digits(std::uint32_t& unit) noexcept;
    bool skip_scalar() noexcept;

    char const* at_;
    char const* end_;
    std::size_t depth_ = 0;
    bool broken_ = false;
    std::string scratch_;
};

} // namespace hubbub::detail::json

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/json/impl/reader.ipp>
#include <hubbub/json/impl/reader_text.ipp>
#endif
