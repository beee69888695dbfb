// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <exception>
#include <memory>
#include <ranges>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

// The names and members of a plain aggregate, without a macro. Three steps: how many values its
// braces take, a structured binding of that many members, and each member's name from the text
// that the compiler has for a function whose template argument is the member's address.
namespace hubbub::detail {

inline constexpr std::size_t max_fields = 24;

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

/// `{}` in one place: it takes an array or a nested aggregate whole, where any_field may stand for
/// the first of its elements.
template <class T, std::size_t... Before, std::size_t... After>
constexpr bool takes_whole(std::index_sequence<Before...>, std::index_sequence<After...>) {
    return requires { T{any_field_at<T, Before>{}..., {}, any_field_at<T, After>{}...}; };
}

/// The largest number of values that the braces of a T take: one more than max_fields where there
/// are too many, and where T takes none at all.
template <class T, std::size_t N = max_fields + 1>
constexpr std::size_t count_fields() {
    if constexpr (takes<T>(std::make_index_sequence<N>{}))
        return N;
    else if constexpr (N == 0)
        return max_fields + 1;
    else
        return count_fields<T, N - 1>();
}

/// The number of members of a T, which is an aggregate.
template <class T>
constexpr std::size_t field_count() {
    return count_fields<std::remove_const_t<T>>();
}

template <class T>
concept has_base = requires { T{any_base<T>{}}; };

/// Each member is one value in the braces of a T: none is an array of several.
template <class T, std::size_t N = field_count<T>()>
concept whole_fields = []<std::size_t... I>(std::index_sequence<I...>) {
    return (takes_whole<T>(std::make_index_sequence<I>{}, std::make_index_sequence<N - 1 - I>{}) &&
            ...);
}(std::make_index_sequence<N>{});

/// An aggregate class whose members reflection can name: at most max_fields of them, each of which
/// `{}` initializes, with no base class and no array. Ranges and tuples have meanings of their own.
/// Bit-fields and anonymous unions cannot be told apart here; they fail where a member is named.
template <class T>
concept reflectable =
    std::is_class_v<T> && std::is_aggregate_v<T> && !std::ranges::range<T> &&
    !requires { std::tuple_size<T>::value; } && field_count<T>() <= max_fields &&
    (field_count<T>() > 0 || std::is_empty_v<T>) && !has_base<T> && whole_fields<T>;

/// Calls use(members...) with the members of an object in the order of their declaration.
template <class T, class F, std::size_t N = field_count<T>()>
constexpr decltype(auto) with_fields(T& object, F&& use) {
    // clang-format off
    if constexpr (N == 0) { return use(); }
    if constexpr (N == 1) { auto& [a] = object; return use(a); }
    if constexpr (N == 2) { auto& [a,b] = object; return use(a,b); }
    if constexpr (N == 3) { auto& [a,b,c] = object; return use(a,b,c); }
    if constexpr (N == 4) { auto& [a,b,c,d] = object; return use(a,b,c,d); }
    if constexpr (N == 5) { auto& [a,b,c,d,e] = object; return use(a,b,c,d,e); }
    if constexpr (N == 6) { auto& [a,b,c,d,e,f] = object; return use(a,b,c,d,e,f); }
    if constexpr (N == 7) { auto& [a,b,c,d,e,f,g] = object; return use(a,b,c,d,e,f,g); }
    if constexpr (N == 8) { auto& [a,b,c,d,e,f,g,h] = object; return use(a,b,c,d,e,f,g,h); }
    if constexpr (N == 9) { auto& [a,b,c,d,e,f,g,h,i] = object; return use(a,b,c,d,e,f,g,h,i); }
    if constexpr (N == 10) { auto& [a,b,c,d,e,f,g,h,i,j] = object;
        return use(a,b,c,d,e,f,g,h,i,j); }
    if constexpr (N == 11) { auto& [a,b,c,d,e,f,g,h,i,j,k] = object;
        return use(a,b,c,d,e,f,g,h,i,j,k); }
    if constexpr (N == 12) { auto& [a,b,c,d,e,f,g,h,i,j,k,l] = object;
        return use(a,b,c,d,e,f,g,h,i,j,k,l); }
    if constexpr (N == 13) { auto& [a,b,c,d,e,f,g,h,i,j,k,l,m] = object;
        return use(a,b,c,d,e,f,g,h,i,j,k,l,m); }
    if constexpr (N == 14) { auto& [a,b,c,d,e,f,g,h,i,j,k,l,m,n] = object;
        return use(a,b,c,d,e,f,g,h,i,j,k,l,m,n); }
    if constexpr (N == 15) { auto& [a,b,c,d,e,f,g,h,i,j,k,l,m,n,o] = object;
        return use(a,b,c,d,e,f,g,h,i,j,k,l,m,n,o); }
    if constexpr (N == 16) { auto& [a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p] = object;
        return use(a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p); }
    if constexpr (N == 17) { auto& [a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q] = object;
        return use(a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q); }
    if constexpr (N == 18) { auto& [a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r] = object;
        return use(a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r); }
    if constexpr (N == 19) { auto& [a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s] = object;
        return use(a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s); }
    if constexpr (N == 20) { auto& [a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t] = object;
        return use(a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t); }
    if constexpr (N == 21) { auto& [a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u] = object;
        return use(a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u); }
    if constexpr (N == 22) { auto& [a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v] = object;
        return use(a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v); }
    if constexpr (N == 23) { auto& [a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w] = object;
        return use(a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w); }
    if constexpr (N == 24) { auto& [a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x] = object;
        return use(a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x); }
    // clang-format on
}

/// A tuple of pointers to the members of an object.
template <class T>
constexpr auto field_pointers(T& object) {
    return with_fields(object, [](auto&... field) { return std::tuple(std::addressof(field)...); });
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

/// The names of a T's members in the order of their declaration.
template <class T>
consteval auto field_names() {
    return []<std::size_t... I>(std::index_sequence<I...>) {
        return std::array<std::string_view, sizeof...(I)>{name_of_field<field_address{
            std::get<I>(field_pointers(specimen<std::remove_const_t<T>>.object))}>()...};
    }(std::make_index_sequence<field_count<T>()>{});
}

/// Calls f(name, member) for each member of an object, in the order of their declaration.
template <class T, class F>
void for_each_field(T& object, F&& f) {
    static constexpr auto names = field_names<T>();
    with_fields(object, [&f](auto&... field) {
        auto name = names.begin();
        (f(*name++, field), ...);
    });
}

} // namespace hubbub::detail
