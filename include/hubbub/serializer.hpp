// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <system_error>

namespace hubbub {

/// S hands objects over as they are, without encoding; it serves inside one process alone.
template <class S>
concept in_place = requires { requires S::in_place; };

/// S appends the encoding of a T to a buffer, or says why it cannot.
template <class S, class T>
concept encodes = in_place<S> || requires(S const& s, T const& value, std::string& out) {
    { s.encode(value, out) } -> std::same_as<std::error_code>;
};

/// S makes a T from bytes, or says why it cannot.
template <class S, class T>
concept decodes = in_place<S> || requires(S const& s, std::string_view bytes, T& value) {
    { s.decode(bytes, value) } -> std::same_as<std::error_code>;
};

/// A policy that turns a T into bytes and back.
///
/// | expression               | returns           | and                                           |
/// |--------------------------|-------------------|-----------------------------------------------|
/// | `s.encode(value, out)`   | `std::error_code` | appends to out; on an error out is unspecified |
/// | `s.decode(bytes, value)` | `std::error_code` | never throws on bad input: it reports it      |
/// | `s.view(value)`          | `string_view`     | optional: the bytes of a value that is bytes   |
/// | `S::packed`              | a type            | optional: an encoded value inside another one  |
/// | `S::size_of(packed)`     | `std::size_t`     | optional: about the bytes of its encoding     |
/// | `S::in_place`            | `true`            | optional: no encoding at all, see in_place     |
///
/// Both functions are const and may be called from several threads at once. Errors are
/// errc::cannot_encode and errc::malformed_payload, or the serializer's own.
///
/// A T that decode makes a view (`std::string_view`) is valid while the sink runs.
/// Models: text_serializer, json_serializer, msgpack_serializer, in_place_serializer.
template <class S, class T>
concept serializer_for = encodes<S, T> && decodes<S, T>;

} // namespace hubbub
