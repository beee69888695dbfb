// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/frames/packed.hpp>

#include <cstddef>
#include <tuple>
#include <utility>

namespace hubbub::detail {

/// Calls use(arguments, token): the token is the last of all, and what is before it becomes a tuple
/// of the types in which arguments travel.
template <class Use, class... All>
decltype(auto) with_token(Use use, All&&... all) {
    static_assert(sizeof...(All) > 0, "hubbub: the last argument is a completion token");
    auto given = std::forward_as_tuple(std::forward<All>(all)...);
    return [&]<std::size_t... I>(std::index_sequence<I...>) -> decltype(auto) {
        using given_type = decltype(given);
        std::tuple<argument<std::tuple_element_t<I, given_type>>...> arguments(
            std::get<I>(std::move(given))...);
        return use(std::move(arguments), std::get<sizeof...(All) - 1>(std::move(given)));
    }(std::make_index_sequence<sizeof...(All) - 1>());
}

} // namespace hubbub::detail
