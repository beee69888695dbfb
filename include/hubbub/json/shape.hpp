// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/json/reflect.hpp>

#include <nlohmann/json.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

// What a type looks like as a JSON value. shape_of decides it, once for each type; the concepts ask
// whether all parts of a type have a shape, and json_value.hpp writes and reads by it.
namespace hubbub::detail::json_value {

using json = nlohmann::json;

enum class shape {
    none,        // it cannot be expressed
    value,       // a json as it is
    boolean,     // true or false
    integer,     // a number, refused where it does not fit
    floating,    // any number
    text,        // a string
    maybe,       // std::optional: null is nullopt
    custom,      // by the user's to_json and from_json, or else by those of nlohmann
    enumeration, // its number
    bytes,       // std::vector<std::byte>
    dictionary,  // a map with strings for keys: an object
    sequence,    // an array of any length, or of the length of a std::array
    tuple,       // an array of just this length
    aggregate,   // an object of members by name
};

/// Converts to a T and is none, so that a call with it finds the functions that were written for a
/// T, and not those of nlohmann for every enum or range.
template <class T>
struct stand_in {
    operator T&() const;
};

template <class T>
concept has_functions = requires(json& out, stand_in<T> const& value) {
    to_json(out, value);
} || requires(json const& in, stand_in<T> const& value) { from_json(in, value); };

template <class T>
concept nlohmann_writes =
    requires(json& out, T const& value) { nlohmann::adl_serializer<T>::to_json(out, value); };

template <class T>
concept nlohmann_reads =
    requires(json const& in, T& value) { nlohmann::adl_serializer<T>::from_json(in, value); };

/// The user has specialized adl_serializer for T: it lacks the template arguments of the primary.
template <class T>
concept has_specialization = nlohmann_writes<T> && !requires(json& out, T const& value) {
    nlohmann::adl_serializer<T>::template to_json<json, T const&>(out, value);
};

template <class T>
concept optional_like = std::same_as<T, std::optional<typename T::value_type>>;

/// Nobody has conversions of their own for these.
template <class T>
concept plain_string =
    std::same_as<T, std::string> || std::same_as<T, std::string_view> ||
    std::same_as<std::decay_t<T>, char const*> || std::same_as<std::decay_t<T>, char*>;

template <class T>
concept string_like = std::convertible_to<T const&, std::string_view>;

/// A range whose elements are of another type: a path is a range of paths, and none of ours.
template <class T>
concept sequence_like =
    std::ranges::input_range<T const> && !std::same_as<std::ranges::range_value_t<T const>, T>;

template <class T>
concept dictionary_like =
    sequence_like<T> && string_like<typename T::key_type> &&
    requires(T& map, typename T::key_type const& key, typename T::mapped_type value) {
        map.insert_or_assign(key, std::move(value));
    };

template <class T>
concept tuple_like = requires { std::tuple_size<T>::value; };

template <class T>
consteval shape shape_of() {
    // clang-format off
    if constexpr (std::same_as<T, json>) return shape::value;
    else if constexpr (std::same_as<T, bool>) return shape::boolean;
    else if constexpr (std::integral<T>) return shape::integer;
    else if constexpr (std::floating_point<T>) return shape::floating;
    else if constexpr (std::is_null_pointer_v<T>) return shape::none; // string_view takes it
    else if constexpr (plain_string<T>) return shape::text;
    else if constexpr (std::is_pointer_v<T> || std::is_array_v<T>) return shape::none;
    else if constexpr (optional_like<T>) return shape::maybe;
    else if constexpr (has_functions<T> || has_specialization<T>) return shape::custom;
    else if constexpr (string_like<T>) return shape::text;
    else if constexpr (std::is_enum_v<T>) return shape::enumeration;
    else if constexpr (std::same_as<T, std::vector<std::byte>>) return shape::bytes;
    else if constexpr (dictionary_like<T>) return shape::dictionary;
    else if constexpr (sequence_like<T>) return shape::sequence;
    else if constexpr (tuple_like<T>) return shape::tuple;
    else if constexpr (nlohmann_writes<T> || nlohmann_reads<T>) return shape::custom;
    else if constexpr (reflectable<T>) return shape::aggregate;
    else return shape::none;
    // clang-format on
}

template <class... T>
struct types {};

/// What a sequence is read into, one by one: a map's element without its const.
template <class T>
struct element {
    using type = std::ranges::range_value_t<T const>;
};

template <class T>
    requires requires { typename T::mapped_type; }
struct element<T> {
    using type = std::pair<typename T::key_type, typename T::mapped_type>;
};

template <class T>
using element_t = typename element<T>::type;

/// The types that a T is made of.
template <class T>
consteval auto parts_of() {
    constexpr auto form = shape_of<T>();
    if constexpr (form == shape::maybe)
        return types<typename T::value_type>{};
    else if constexpr (form == shape::dictionary)
        return types<typename T::mapped_type>{};
    else if constexpr (form == shape::sequence)
        return types<element_t<T>>{};
    else if constexpr (form == shape::tuple)
        return []<std::size_t... I>(std::index_sequence<I...>) {
            return types<std::tuple_element_t<I, T>...>{};
        }(std::make_index_sequence<std::tuple_size_v<T>>{});
    else if constexpr (form == shape::aggregate)
        return []<class... Field>(std::tuple<Field*...>*) {
            return types<Field...>{};
        }(static_cast<decltype(field_pointers(std::declval<T&>()))*>(nullptr));
    else
        return types<>{};
}

template <class T>
concept array_like = tuple_like<T> && requires(T& array) { array.fill(array.front()); };

template <class T>
concept growing = requires(T& list, element_t<T> value) {
    list.clear();
    list.insert(list.end(), std::move(value));
} && std::default_initializable<element_t<T>>;

/// Whether write() and read() know a T, whatever its parts.
template <class T>
consteval bool writes() {
    return shape_of<T>() == shape::custom ? nlohmann_writes<T> : shape_of<T>() != shape::none;
}

template <class T>
consteval bool reads() {
    constexpr auto form = shape_of<T>();
    if constexpr (std::is_const_v<T> || std::is_reference_v<T>)
        return false;
    else if constexpr (form == shape::custom)
        return nlohmann_reads<T>;
    else if constexpr (form == shape::text)
        return std::same_as<T, std::string>;
    else if constexpr (form == shape::maybe)
        return std::default_initializable<typename T::value_type>;
    else if constexpr (form == shape::dictionary)
        return std::same_as<typename T::key_type, std::string> &&
               std::default_initializable<typename T::mapped_type>;
    else if constexpr (form == shape::sequence)
        return array_like<T> || growing<T>;
    else
        return form != shape::none;
}

/// A type that is a part of itself, as the node of a tree is, is decided by its other parts.
template <class T, class... Above>
consteval bool encodes_whole() {
    if constexpr ((std::same_as<T, Above> || ...))
        return true;
    else if constexpr (!writes<T>())
        return false;
    else
        return []<class... Part>(types<Part...>) {
            return (encodes_whole<std::remove_cvref_t<Part>, T, Above...>() && ...);
        }(parts_of<T>());
}

template <class T, class... Above>
consteval bool decodes_whole() {
    if constexpr ((std::same_as<T, Above> || ...))
        return true;
    else if constexpr (!reads<T>())
        return false;
    else
        return []<class... Part>(types<Part...>) {
            return (decodes_whole<Part, T, Above...>() && ...);
        }(parts_of<T>());
}

/// A T and all its parts have a form as a JSON value. A pointer has none, nor has a class with
/// data of its own and no to_json.
template <class T>
concept encodable = encodes_whole<T>();

/// A T and all its parts can be made from a JSON value; a view cannot.
template <class T>
concept decodable = decodes_whole<T>();

} // namespace hubbub::detail::json_value
