// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/json/output.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace hubbub::detail::json {

/// Appends one JSON text to a string, piece by piece.
///
/// Something that JSON cannot say (text that is not UTF-8, a number that is not finite, more than
/// max_depth levels) makes it fail, once and for all: finish() tells. Each value inside an array
/// comes after element(), each inside an object after field() or name().
class writer {
public:
    /// Whether bytes may have a type.
    static constexpr bool has_extensions = false;

    explicit writer(std::string& to) noexcept : out_(to) {}

    void null() { out_.put("null"); }
    void boolean(bool value) { out_.put(value ? std::string_view("true") : "false"); }
    void integer(std::int64_t value);
    void natural(std::uint64_t value);
    void floating(double value);
    void floating(float value);
    void text(std::string_view value);
    /// An array of numbers.
    void bytes(std::byte const* first, std::size_t size);
    /// The bytes of a value that is encoded; null if there are none.
    void encoded(std::string_view value) { out_.put(value.empty() ? "null" : value); }

    /// Returns false if the level is one too many. The size is not needed here.
    bool begin_array(std::size_t) { return open('['); }
    void element() { separate(); }
    void end_array() { close(']'); }

    bool begin_object(std::size_t) { return open('{'); }
    /// A member, by a name that needs no escape.
    void field(std::string_view name);
    /// A member, by any name.
    void name(std::string_view name);
    void end_object() { close('}'); }

    /// There is something that cannot be said.
    void fail() noexcept { failed_ = true; }
    bool failed() const noexcept { return failed_; }

    /// Errors: errc::cannot_encode; what was appended is then unspecified.
    std::error_code finish();

private:
    bool open(char bracket);
    void close(char bracket);
    void separate() {
        if (!first_)
            out_.put(',');
        first_ = false;
    }
    template <class Number>
    void number(Number value);
    template <class Number>
    void fraction(Number value);
    void quoted(std::string_view value);
    void escape(char c);

    output out_;
    std::size_t depth_ = 0;
    bool first_ = true; // in the innermost array or object
    bool failed_ = false;
};

} // namespace hubbub::detail::json

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/json/impl/writer.ipp>
#endif
