// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/calls/packed.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <typeinfo>

namespace hubbub::detail {

/// A packed value whose parts can be looked at, as nlohmann's.
template <class Packed>
concept indexable = requires(Packed const& packed, std::size_t i) {
    { packed.is_array() } -> std::same_as<bool>;
    { packed.size() } -> std::convertible_to<std::size_t>;
    packed[i];
};

/// How many arguments there are, if that can be seen.
template <class Serializer>
std::optional<std::size_t> count_of(packed<Serializer> const& given) {
    if constexpr (in_place<Serializer>)
        return given.types.size();
    else if constexpr (indexable<packed<Serializer>>)
        return given.is_array() ? std::optional(given.size()) : std::nullopt;
    else
        return std::nullopt;
}

/// Precondition: it can be seen.
template <class Argument, class Serializer>
bool is_a(Serializer const& serializer, packed<Serializer> const& given, std::size_t at) {
    if constexpr (in_place<Serializer>) {
        return *given.types[at] == typeid(Argument);
    } else if constexpr (indexable<packed<Serializer>>) {
        Argument argument{};
        return !unpack(serializer, given[at], argument);
    } else {
        return false;
    }
}

/// Says why arguments are not what a method takes.
template <class Serializer, class... Args>
std::string wrong_arguments(std::type_identity<std::tuple<Args...>>, Serializer const& serializer,
                            std::string_view method, packed<Serializer> const& given) {
    constexpr auto taken = sizeof...(Args);
    auto const name = "'" + std::string(method) + "'";
    if (auto const count = count_of<Serializer>(given)) {
        if (*count != taken)
            return name + " takes " + std::to_string(taken) + " arguments, not " +
                   std::to_string(*count);
        std::size_t right = 0;
        static_cast<void>(((is_a<Args>(serializer, given, right) && ++right != 0) && ...));
        if (right < taken)
            return "argument " + std::to_string(right + 1) + " of " + name + " is of another type";
    }
    return name + " takes " + std::to_string(taken) + " arguments of other types";
}

} // namespace hubbub::detail
