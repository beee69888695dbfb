// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/json/output.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace hubbub::detail::msgpack {

/// Appends one MessagePack value to a string, piece by piece: what json::writer does for JSON, and
/// for more, since any text and any number can be said.
///
/// Numbers, text, arrays and maps take the shortest form they have; a fraction takes four bytes
/// where that loses nothing. Source: github.com/msgpack/msgpack/blob/master/spec.md, Formats.
class writer {
public:
    /// Whether bytes may have a type.
    static constexpr bool has_extensions = true;

    explicit writer(std::string& to) noexcept : out_(to) {}

    void null() { out_.put('\xc0'); }
    void boolean(bool value) { out_.put(value ? '\xc3' : '\xc2'); }
    void integer(std::int64_t value);
    void natural(std::uint64_t value);
    void floating(double value);
    void text(std::string_view value);
    void bytes(std::byte const* first, std::size_t size);
    /// The bytes of a value that is encoded; null if there are none.
    void encoded(std::string_view value) { out_.put(value.empty() ? "\xc0" : value); }

    /// Returns false if the level is one too many. Exactly as many elements follow.
    bool begin_array(std::size_t size);
    void element() noexcept {}
    void end_array() noexcept { --depth_; }

    bool begin_object(std::size_t size);
    void field(std::string_view name) { text(name); }
    void name(std::string_view name) { text(name); }
    void end_object() noexcept { --depth_; }

    /// There is something that cannot be said.
    void fail() noexcept { failed_ = true; }
    bool failed() const noexcept { return failed_; }

    /// Errors: errc::cannot_encode; what was appended is then unspecified.
    std::error_code finish();

private:
    void head(unsigned kind, std::uint64_t number, std::size_t size);
    bool enter();
    /// The kinds for sizes of 2 and of 4 bytes.
    bool counts(std::size_t size, unsigned kind);

    output out_;
    std::size_t depth_ = 0;
    bool failed_ = false;
};

} // namespace hubbub::detail::msgpack

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/json/impl/msgpack_writer.ipp>
#endif
