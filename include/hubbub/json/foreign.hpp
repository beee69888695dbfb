// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <string>
#include <type_traits>

// Only the names of nlohmann's types, where they can be had: with them it is known exactly which
// types have conversions for it, and whether a file includes <nlohmann/json.hpp> before or after
// this, or not at all, changes nothing about that. Where nlohmann is one file without them, that
// has to do.
#if __has_include(<nlohmann/json_fwd.hpp>)
#include <nlohmann/json_fwd.hpp>
#elif __has_include(<nlohmann/json.hpp>)
#include <nlohmann/json.hpp>
#endif

// Types that have conversions for nlohmann::json of their own: which they are is decided here,
// without nlohmann's header; <hubbub/serializer/nlohmann.hpp> uses them.
namespace hubbub::detail::shapes {

/// Declares how a T is written and read by nlohmann; <hubbub/serializer/nlohmann.hpp> defines it.
template <class T>
struct nlohmann_form;

template <class T>
concept nlohmann_included = requires { sizeof(nlohmann_form<T>); };

/// Stands for a json of nlohmann's, and for nothing else.
struct any_json {
    template <class Json>
        requires requires {
            typename Json::object_t;
            typename Json::array_t;
            typename Json::number_unsigned_t;
        }
    operator Json&() const;

    /// nlohmann 3.11.3 asks for it where a T has a json among its template arguments.
    using string_t = std::string;
};

/// Converts to a T and is none, so that a call with it finds the functions that were written for a
/// T, and not those of nlohmann for every enum or range.
template <class T>
struct stand_in {
    operator T&() const;
};

template <class Json, class T>
concept calls_to_json = requires(Json& out, stand_in<T> const& value) { to_json(out, value); };

template <class Json, class T>
concept calls_from_json =
    requires(Json const& in, stand_in<T> const& value) { from_json(in, value); };

#if defined(INCLUDE_NLOHMANN_JSON_FWD_HPP_)

using nlohmann_json = nlohmann::json;

template <class T>
concept nlohmann_writes =
    requires(nlohmann_json& out, T const& v) { nlohmann::adl_serializer<T>::to_json(out, v); };

template <class T>
concept nlohmann_reads =
    requires(nlohmann_json const& in, T& v) { nlohmann::adl_serializer<T>::from_json(in, v); };

/// The user has specialized adl_serializer for T: it lacks the template arguments of the primary,
/// or the primary is not defined here.
template <class T>
concept has_specialization = nlohmann_writes<T> && !requires(nlohmann_json& out, T const& value) {
    nlohmann::adl_serializer<T>::template to_json<nlohmann_json, T const&>(out, value);
};

#else

using nlohmann_json = any_json;

// Where the names are not there, the header tells what it finds.
template <class T>
concept has_specialization = requires { requires nlohmann_form<T>::first; };

template <class>
concept nlohmann_writes = false;

template <class>
concept nlohmann_reads = false;

#endif

template <class T>
concept has_to_json = calls_to_json<nlohmann_json, T> || calls_to_json<any_json, T>;

template <class T>
concept has_from_json = calls_from_json<nlohmann_json, T> || calls_from_json<any_json, T>;

/// A T is written and read as nlohmann does it, whatever else it is.
template <class T>
concept foreign =
    (std::is_class_v<T> || std::is_enum_v<T> || std::is_union_v<T>) &&
    (std::same_as<T, nlohmann_json> || has_to_json<T> || has_from_json<T> || has_specialization<T>);

/// Nothing here knows a T, and nlohmann does.
template <class T>
concept known_to_nlohmann =
    requires { requires nlohmann_form<T>::writes || nlohmann_form<T>::reads; };

template <class T>
concept foreign_writes = std::same_as<T, nlohmann_json> || has_to_json<T> ||
                         (has_specialization<T> && nlohmann_writes<T>) ||
                         requires { requires nlohmann_form<T>::writes; };

template <class T>
concept foreign_reads =
    std::same_as<T, nlohmann_json> || has_from_json<T> ||
    (has_specialization<T> && nlohmann_reads<T>) || requires { requires nlohmann_form<T>::reads; };

} // namespace hubbub::detail::shapes
