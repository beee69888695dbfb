// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/hub/frames/packed.hpp>

#include <cstddef>
#include <tuple>
#include <utility>

namespace hubbub::detail {

/// Calls use(arguments, token): the token of an operation that completes with Signature is the last
/// of all, and what is before it becomes a tuple of the types in which arguments travel.
template <class Signature, class Use, class... All>
decltype(auto) with_token(Use use, All&&... all) {
    static_assert(sizeof...(All) > 0, "hubbub: the last argument is to be a completion token");
    auto given = std::forward_as_tuple(std::forward<All>(all)...);
    return [&]<std::size_t... I>(std::index_sequence<I...>) -> decltype(auto) {
        using given_type = decltype(given);
        constexpr auto last = sizeof...(All) - 1;
        std::tuple<argument<std::tuple_element_t<I, given_type>>...> arguments(
            std::get<I>(std::move(given))...);
        if constexpr (check_token<std::tuple_element_t<last, given_type>, Signature>())
            return use(std::move(arguments), std::get<last>(std::move(given)));
    }(std::make_index_sequence<sizeof...(All) - 1>());
}

} // namespace hubbub::detail
