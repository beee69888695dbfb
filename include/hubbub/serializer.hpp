// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <system_error>

namespace hubbub {

/// A value that is in its serializer's encoding already, alone or as a part of another one.
///
/// Writing it puts the bytes in place as they are; without any it is null. Reading takes the bytes
/// of the value that stands there, once they are known to be one value: nested no deeper than the
/// serializer reads, and of UTF-8 where it demands that.
struct encoded {
    std::string bytes = {};

    bool operator==(encoded const&) const = default;
};

/// An encoding that a serializer shares with others (`S::format`): the hub then puts encoded
/// arguments into frames of the same encoding, which every program reads that knows it.
enum class wire_format { json, msgpack };

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
/// | `s.elements(bytes, out)` | `std::error_code` | optional: where the elements of an encoded     |
/// |                          |                   | tuple stand, as views of bytes in a            |
/// |                          |                   | `std::vector<std::string_view>`; it comes with |
/// |                          |                   | encode and decode of hubbub::encoded           |
/// | `S::format`              | wire_format       | optional: its encodings are JSON, or MessagePack |
/// | `S::why_not<T, Reading>()` | `void`           | optional: consteval; a static_assert in it    |
/// |                          |                   | says what to write instead of a T that cannot  |
/// |                          |                   | be encoded, or, if Reading, decoded            |
/// | `S::in_place`            | `true`            | optional: no encoding at all, see in_place     |
///
/// Both functions are const and may be called from several threads at once. Errors are
/// errc::cannot_encode and errc::malformed_payload, or the serializer's own.
///
/// A T that decode makes a view (`std::string_view`) is valid while the sink runs.
/// Models: text_serializer, json_serializer, msgpack_serializer, in_place_serializer.
template <class S, class T>
concept serializer_for = encodes<S, T> && decodes<S, T>;

namespace detail {

/// Whether S encodes a T. If not, says why in one line.
template <class S, class T>
consteval bool check_encodes() {
    constexpr bool possible = encodes<S, T>; // of a concept the compiler would tell more
    if constexpr (possible)
        return true;
    else if constexpr (requires { S::template why_not<T, false>(); })
        S::template why_not<T, false>();
    else
        static_assert(possible,
                      "hubbub: the bus's Serializer cannot encode this type; see "
                      "hubbub::serializer_for, and the serializer's comment for what it takes");
    return possible;
}

/// Whether S decodes a T. If not, says why in one line.
template <class S, class T>
consteval bool check_decodes() {
    constexpr bool possible = decodes<S, T>;
    if constexpr (possible)
        return true;
    else if constexpr (requires { S::template why_not<T, true>(); })
        S::template why_not<T, true>();
    else
        static_assert(possible,
                      "hubbub: the bus's Serializer cannot decode this type; see "
                      "hubbub::serializer_for, and the serializer's comment for what it takes");
    return possible;
}

} // namespace detail

} // namespace hubbub
