// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/packed.hpp>

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace hubbub::detail {

/// A packed value whose parts can be looked at, as nlohmann's.
template <class Packed>
concept indexable = requires(Packed const& packed, std::size_t i) {
    { packed.is_array() } -> std::same_as<bool>;
    { packed.size() } -> std::convertible_to<std::size_t>;
    packed[i];
};

template <class Tuple, std::size_t I, class Serializer, class Packed>
bool unpacks(Serializer const& serializer, Packed const& packed) {
    std::tuple_element_t<I, Tuple> part{};
    return !unpack(serializer, packed[I], part);
}

/// Says why arguments are not what a method takes.
template <class Tuple, class Serializer>
std::string wrong_arguments(Serializer const& serializer, std::string_view method,
                            packed<Serializer> const& given) {
    constexpr auto taken = std::tuple_size_v<Tuple>;
    auto const name = "'" + std::string(method) + "'";
    if constexpr (indexable<packed<Serializer>>) {
        if (given.is_array() && given.size() != taken)
            return name + " takes " + std::to_string(taken) + " arguments, not " +
                   std::to_string(given.size());
        std::size_t wrong = 0;
        if (given.is_array())
            [&]<std::size_t... I>(std::index_sequence<I...>) {
                (void)((unpacks<Tuple, I>(serializer, given) && (++wrong, true)) && ...);
            }(std::make_index_sequence<taken>());
        if (wrong < taken)
            return "argument " + std::to_string(wrong + 1) + " of " + name + " is of another type";
    }
    return name + " takes " + std::to_string(taken) + " arguments of other types";
}

} // namespace hubbub::detail
