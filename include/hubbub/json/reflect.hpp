// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/json/members.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

// The names and members of a plain aggregate, without a macro. Three steps: how many values its
// braces take, a structured binding of that many members, and each member's name from the text
// that the compiler has for a function whose template argument is the member's address.
//
// Every type that is sent or received passes through here, in every file that names it: so each
// step is done once for a type, with as few templates as it can be.
namespace hubbub::detail {

/// Stands for a value of any type in the braces of a T, in unevaluated code alone. Not for a T
/// itself, or for a base of T: those would be a copy, or the initializer of the base.
template <class T>
struct any_field {
    template <class U>
        requires(!std::is_base_of_v<U, T>)
    operator U() const {
        std::terminate();
    }
};

/// Stands for the initializer of a base of T, and for nothing else.
template <class T>
struct any_base {
    template <class U>
        requires(std::is_base_of_v<U, T> && !std::same_as<U, T>)
    operator U() const {
        std::terminate();
    }
};

template <class T, std::size_t>
using any_field_at = any_field<T>;

template <class T, std::size_t... I>
constexpr bool takes(std::index_sequence<I...>) {
    return requires { T{any_field_at<T, I>{}...}; };
}

/// The largest number of values that the braces of a T take: one more than max_fields where there
/// are too many, and where T takes none at all. Counts up, since most types have few: what takes N
/// values and more takes each number of them up to the largest.
template <class T, std::size_t N = 0, bool Fewer = false>
consteval std::size_t count_fields() {
    if constexpr (N > max_fields + 1)
        return max_fields + 1;
    else if constexpr (takes<T>(std::make_index_sequence<N>{}))
        return count_fields<T, N + 1, true>();
    else if constexpr (Fewer)
        return N - 1;
    else
        return count_fields<T, N + 1>();
}

/// The number of members of a T, which is an aggregate.
template <class T>
consteval std::size_t field_count() {
    return count_fields<std::remove_const_t<T>>();
}

template <class T>
concept has_base = requires { T{any_base<T>{}}; };

namespace ranges_of_any_kind {

using std::begin;
using std::end;

template <class T>
concept range = requires(T& values) { begin(values) != end(values); };

template <class T>
using value_t = std::remove_cvref_t<decltype(*begin(std::declval<T&>()))>;

} // namespace ranges_of_any_kind

/// An aggregate class whose members reflection can name: at most max_fields of them, each of which
/// `{}` initializes, with no base class and no array. Ranges and tuples have meanings of their own.
/// Bit-fields and anonymous unions cannot be told apart here; they fail where a member is named.
template <class T>
concept reflectable =
    std::is_class_v<T> && std::is_aggregate_v<T> && !ranges_of_any_kind::range<T> &&
    !requires { std::tuple_size<T>::value; } && field_count<T>() <= max_fields &&
    (field_count<T>() > 0 || std::is_empty_v<T>) && !has_base<T> &&
    members_of<field_count<T>()>::template whole<T>;

/// Returns use(members...) of an object, in the order of their declaration.
template <class T, class F>
constexpr decltype(auto) with_fields(T& object, F&& use) {
    return members_of<field_count<T>()>::visit(object, use);
}

/// Room for a T that is never made: only the addresses of its members are used, while compiling.
template <class T>
union unmade {
    constexpr unmade() : nothing() {}
    constexpr ~unmade() {}
    char nothing;
    T object;
};

// Nothing of it is left in an optimized program. Were it not constant, g++ would keep it, to call a
// destructor; to clang before 19 the destructor of a T that is not constexpr makes it no constant.
#if defined(__clang__)
template <class T>
inline constinit unmade<T> specimen;
#else
template <class T>
inline constexpr unmade<T> specimen;
#endif

/// clang 14 takes the address of a member as a template argument only inside a class.
template <class T>
struct field_address {
    T* value;
};

template <class T>
field_address(T*) -> field_address<T>;

// The return type is auto: g++ adds the meaning of any other to the text of the function's name.
template <field_address Address>
consteval auto name_of_field() {
    std::string_view text = __PRETTY_FUNCTION__;
    text = text.substr(0, text.find_last_not_of(")}]") + 1);
    return text.substr(text.find_last_of(".:") + 1);
}

/// Returns the addresses of what it is called with.
struct addresses {
    template <class... Field>
    constexpr std::array<void const*, sizeof...(Field)> operator()(Field&... fields) const {
        return {static_cast<void const*>(std::addressof(fields))...};
    }
};

template <class T>
inline constexpr auto field_addresses = detail::with_fields(specimen<T>.object, addresses{});

template <class T, std::size_t... I>
consteval std::array<std::string_view, sizeof...(I)> names_of_fields(std::index_sequence<I...>) {
    return {name_of_field<field_address{field_addresses<T>[I]}>()...};
}

/// The names of a T's members in the order of their declaration.
template <class T>
inline constexpr auto field_names_of =
    names_of_fields<T>(std::make_index_sequence<field_count<T>()>{});

template <class T>
consteval auto const& field_names() {
    return field_names_of<std::remove_const_t<T>>;
}

/// Calls f(name, member) for each member of an object, in the order of their declaration.
template <class T, class F>
void for_each_field(T& object, F&& f) {
    detail::with_fields(object, [&f](auto&... field) {
        [[maybe_unused]] auto name = field_names<T>().begin();
        (f(*name++, field), ...);
    });
}

} // namespace hubbub::detail
