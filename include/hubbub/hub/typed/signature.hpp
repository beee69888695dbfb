// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/caller.hpp>

#include <tuple>
#include <type_traits>

namespace hubbub::detail {

template <class... T>
struct parameter_list {};

/// The result and the arguments of a callable that has one signature; of another it has none.
template <class F>
struct signature {};
template <class F>
    requires requires { &F::operator(); }
struct signature<F> : signature<decltype(&F::operator())> {};
template <class R, class... Args>
struct signature<R (*)(Args...)> {
    using result = R;
    using parameters = parameter_list<Args...>;
    using arguments = std::tuple<std::remove_cvref_t<Args>...>;
};
template <class R, class... Args>
struct signature<R (*)(Args...) noexcept> : signature<R (*)(Args...)> {};
template <class R, class C, class... Args>
struct signature<R (C::*)(Args...)> : signature<R (*)(Args...)> {};
template <class R, class C, class... Args>
struct signature<R (C::*)(Args...) const> : signature<R (*)(Args...)> {};
template <class R, class C, class... Args>
struct signature<R (C::*)(Args...) noexcept> : signature<R (*)(Args...)> {};
template <class R, class C, class... Args>
struct signature<R (C::*)(Args...) const noexcept> : signature<R (*)(Args...)> {};

template <class F>
concept has_one_signature = requires { typename signature<F>::arguments; };

/// Splits a leading caller off the arguments.
template <class Tuple>
struct split {
    static constexpr bool takes_caller = false;
    using arguments = Tuple;
};
template <class... Args>
struct split<std::tuple<caller, Args...>> {
    static constexpr bool takes_caller = true;
    using arguments = std::tuple<Args...>;
};

} // namespace hubbub::detail
