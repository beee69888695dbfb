// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/hub/frames/packed.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <vector>

namespace hubbub::detail {

/// Says why arguments are not what a method takes. parts: how many were given; right: how many of
/// them, from the first, are of the types taken.
std::string describe_wrong_arguments(std::string_view method, std::size_t taken, std::size_t given,
                                     std::size_t right);
/// The same where the arguments cannot be told apart.
std::string describe_wrong_arguments(std::string_view method, std::size_t taken);

/// A serializer that tells the elements of a tuple apart.
template <class Serializer>
concept tells_elements =
    requires(Serializer const& s, std::string_view bytes, std::vector<std::string_view>& out) {
        { s.elements(bytes, out) } -> std::same_as<std::error_code>;
    };

/// Whether bytes are an Argument.
template <class Argument, class Serializer>
bool is_a(Serializer const& serializer, std::string_view bytes) {
    packed part;
    if constexpr (format_of<Serializer>() == frame_format::opaque)
        part.bytes = wrap_opaque(bytes);
    else
        part.bytes = bytes;
    Argument argument{};
    return !unpack(serializer, part, argument);
}

/// Says why arguments are not what a method takes.
template <class Serializer, class... Args>
std::string wrong_arguments(std::type_identity<std::tuple<Args...>>, Serializer const& serializer,
                            std::string_view method, packed const& given) {
    constexpr auto taken = sizeof...(Args);
    [[maybe_unused]] std::size_t right = 0;
    if constexpr (in_place<Serializer>) {
        auto const& types = given.element_types;
        if (types.size() == taken)
            static_cast<void>(((*types[right] == typeid(Args) && ++right != 0) && ...));
        return describe_wrong_arguments(method, taken, types.size(), right);
    } else if constexpr (tells_elements<Serializer>) {
        std::vector<std::string_view> parts;
        if (serializer.elements(encoding_of<Serializer>(given), parts))
            return describe_wrong_arguments(method, taken);
        if (parts.size() == taken)
            static_cast<void>(((is_a<Args>(serializer, parts[right]) && ++right != 0) && ...));
        return describe_wrong_arguments(method, taken, parts.size(), right);
    } else {
        return describe_wrong_arguments(method, taken);
    }
}

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/typed/impl/wrong_arguments.ipp>
#endif
