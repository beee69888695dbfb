// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/error.hpp>
#include <hubbub/serializer.hpp>

#include <any>
#include <concepts>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <type_traits>

namespace hubbub::detail {

template <class Serializer>
concept names_packed = requires { typename Serializer::packed; };

template <class Serializer>
struct packed_type {
    using type = std::string;
};
template <names_packed Serializer>
struct packed_type<Serializer> {
    using type = typename Serializer::packed;
};

/// A value inside another message: as the serializer wants it, else as a string of its encoding.
template <class Serializer>
using packed = typename packed_type<Serializer>::type;

/// The type in which an argument travels: text by value, the rest as it is.
template <class T>
using argument = std::conditional_t<std::convertible_to<T, std::string_view>, std::string,
                                    std::remove_cvref_t<T>>;

/// Puts a tuple of arguments into one value.
template <class Serializer, class Tuple>
std::error_code pack(Serializer const& serializer, Tuple arguments, packed<Serializer>& out) {
    if constexpr (in_place<Serializer>) {
        out = std::move(arguments);
        return {};
    } else if constexpr (names_packed<Serializer>) {
        return serializer.pack(arguments, out);
    } else {
        return serializer.encode(arguments, out);
    }
}

/// Takes it out again. Errors: malformed_payload if they are other arguments, or a conversion or a
/// copy of the user's throws whatever it does: what others sent must not end an event loop.
template <class Serializer, class Tuple>
std::error_code unpack(Serializer const& serializer, packed<Serializer> const& from, Tuple& out) {
    try {
        if constexpr (in_place<Serializer>) {
            auto const* const arguments = std::any_cast<Tuple>(&from);
            if (arguments == nullptr)
                return errc::malformed_payload;
            out = *arguments;
            return {};
        } else if constexpr (names_packed<Serializer>) {
            return serializer.unpack(from, out);
        } else {
            return serializer.decode(from, out);
        }
    } catch (...) { // whatever a conversion of the user's throws
        return errc::malformed_payload;
    }
}

} // namespace hubbub::detail
