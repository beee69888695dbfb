// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/error.hpp>
#include <hubbub/serializer.hpp>

#include <any>
#include <array>
#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <typeinfo>

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

/// The types of a tuple's elements; none for what is no tuple.
template <class T>
inline constexpr std::span<std::type_info const* const> element_types = {};
template <class... Args>
inline constexpr std::array<std::type_info const*, sizeof...(Args)> types_of_elements{
    &typeid(Args)...};
template <class... Args>
inline constexpr std::span<std::type_info const* const> element_types<std::tuple<Args...>> =
    types_of_elements<Args...>;

/// Puts a tuple of arguments into one value.
template <class Serializer, class Tuple>
std::error_code pack(Serializer const& serializer, Tuple arguments, packed<Serializer>& out) {
    if constexpr (in_place<Serializer>) {
        out = {std::make_shared<std::any const>(std::move(arguments)), element_types<Tuple>};
        return {};
    } else if constexpr (names_packed<Serializer>) {
        return serializer.pack(arguments, out);
    } else {
        return serializer.encode(arguments, out);
    }
}

/// About how long its encoding is, in bytes: 0 if it has none.
template <class Serializer>
std::size_t size_of(Serializer const& serializer, packed<Serializer> const& what) {
    if constexpr (std::same_as<packed<Serializer>, std::string>) {
        return what.size();
    } else if constexpr (requires { Serializer::size_of(what); }) {
        return Serializer::size_of(what);
    } else if constexpr (requires(std::string& out) { serializer.encode(what, out); }) {
        std::string bytes;
        static_cast<void>(serializer.encode(what, bytes));
        return bytes.size();
    } else {
        return 0;
    }
}

/// Takes it out again. Errors: malformed_payload if they are other arguments, or a conversion or a
/// copy of the user's throws whatever it does: what others sent must not end an event loop.
template <class Serializer, class Tuple>
std::error_code unpack(Serializer const& serializer, packed<Serializer> const& from, Tuple& out) {
    try {
        if constexpr (in_place<Serializer>) {
            auto const* const arguments = std::any_cast<Tuple>(from.value.get());
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
