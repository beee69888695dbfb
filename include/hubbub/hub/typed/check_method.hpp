// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/hub/caller.hpp>
#include <hubbub/hub/calls/method.hpp>
#include <hubbub/hub/streams/call_streams.hpp>
#include <hubbub/hub/typed/signature.hpp>
#include <hubbub/serializer.hpp>

#include <tuple>
#include <type_traits>

// Says in one line why a callable can be no method, and what to write instead.
namespace hubbub::detail {

template <class R>
struct method_result;

template <class P>
inline constexpr bool is_caller = std::is_same_v<std::remove_cvref_t<P>, caller>;

template <class P>
inline constexpr bool takes_a_value =
    !std::is_lvalue_reference_v<P> || std::is_const_v<std::remove_reference_t<P>>;

template <class Tuple>
inline constexpr bool can_be_made = false;
template <class... Args>
inline constexpr bool can_be_made<std::tuple<Args...>> =
    (std::is_default_constructible_v<Args> && ...);

template <class... P>
inline constexpr bool has_late_caller = false;
template <class First, class... Rest>
inline constexpr bool has_late_caller<First, Rest...> = (is_caller<Rest> || ...);

/// A result of a coroutine, whose header is missing.
template <class R>
concept awaited_result = method_result<R>::at_once && is_awaitable<R>;

template <class... P>
consteval bool check_parameters(parameter_list<P...>) {
    if constexpr (!(takes_a_value<P> && ...)) {
        static_assert(
            (takes_a_value<P> && ...),
            "hubbub: a parameter of this method is a reference to what is not const; take "
            "it by value, or by reference to const");
        return false;
    } else if constexpr (has_late_caller<P...>) {
        static_assert(!has_late_caller<P...>,
                      "hubbub: the caller is the first parameter of a method: caller const&");
        return false;
    } else {
        return true;
    }
}

/// Whether its signature is that of a method: what is left is what its arguments and its result
/// are.
template <class Method>
consteval bool check_signature() {
    if constexpr (std::is_member_function_pointer_v<Method>) {
        static_assert(
            !std::is_member_function_pointer_v<Method>,
            "hubbub: a member function is called on an object: write a lambda that has "
            "the object, and the parameters' types: [&object](T value) { object.f(value); }");
        return false;
    } else if constexpr (!has_one_signature<Method>) {
        constexpr bool has_one = has_one_signature<Method>; // of a concept it would tell more
        static_assert(has_one,
                      "hubbub: a method needs one signature, from which its arguments' types are "
                      "taken; write them out instead of auto, and a lambda instead of std::bind");
        return false;
    } else {
        return detail::check_parameters(typename signature<Method>::parameters{});
    }
}

} // namespace hubbub::detail
