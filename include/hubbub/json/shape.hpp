// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/text_form.hpp>
#include <hubbub/json/foreign.hpp>
#include <hubbub/json/reflect.hpp>
#include <hubbub/serializer.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

// The form of a type as JSON or MessagePack. shape_of decides it, once for each type; the
// concepts ask whether all parts of a type have a shape; write.hpp and read.hpp go by it.
namespace hubbub::detail::shapes {

enum class shape {
    none,        // it cannot be expressed
    boolean,     // true or false
    integer,     // a number, refused where it does not fit
    floating,    // any number
    text,        // a string
    escaped,     // a string, by its text_form
    encoded,     // the bytes of a value
    maybe,       // std::optional: null is nullopt
    foreign,     // by nlohmann, mostly with to_json and from_json of the user's
    enumeration, // its number
    bytes,       // std::vector<std::byte>
    dictionary,  // a map with strings for keys: an object
    sequence,    // an array of any length, or of the length of a std::array
    tuple,       // an array of just this length
    aggregate,   // an object of members by name
};

template <class T>
concept optional_like = std::same_as<T, std::optional<typename T::value_type>>;

/// Nobody has conversions of their own for these.
template <class T>
concept plain_string =
    std::same_as<T, std::string> || std::same_as<T, std::string_view> ||
    std::same_as<std::decay_t<T>, char const*> || std::same_as<std::decay_t<T>, char*>;

template <class T>
concept string_like = std::is_convertible_v<T const&, std::string_view>;

/// A range whose elements are of another type: a path is a range of paths, and none of ours.
template <class T>
concept sequence_like =
    ranges_of_any_kind::range<T const> && !std::same_as<ranges_of_any_kind::value_t<T const>, T>;

template <class T>
concept dictionary_like =
    sequence_like<T> && string_like<typename T::key_type> &&
    requires(T& map, typename T::key_type const& key, typename T::mapped_type value) {
        map.insert_or_assign(key, std::move(value));
    };

template <class T>
concept tuple_like = requires { std::tuple_size<T>::value; };

template <class T>
concept has_text_form = requires { sizeof(text_form<T>); };

template <class T>
consteval shape shape_of() {
    // clang-format off
    if constexpr (std::is_same_v<T, bool>) return shape::boolean;
    else if constexpr (std::is_integral_v<T>) return shape::integer;
    else if constexpr (std::is_floating_point_v<T>) return shape::floating;
    else if constexpr (std::is_null_pointer_v<T>) return shape::none; // string_view takes it
    else if constexpr (plain_string<T>) return shape::text;
    else if constexpr (std::is_pointer_v<T> || std::is_array_v<T>) return shape::none;
    else if constexpr (std::is_base_of_v<hubbub::encoded, T>) return shape::encoded;
    else if constexpr (optional_like<T>) return shape::maybe;
    else if constexpr (has_text_form<T>) return shape::escaped;
    else if constexpr (foreign<T>) return shape::foreign;
    else if constexpr (string_like<T>) return shape::text;
    else if constexpr (std::is_enum_v<T>) return shape::enumeration;
    else if constexpr (std::is_same_v<T, std::vector<std::byte>>) return shape::bytes;
    else if constexpr (dictionary_like<T>) return shape::dictionary;
    else if constexpr (sequence_like<T>) return shape::sequence;
    else if constexpr (tuple_like<T>) return shape::tuple;
    else if constexpr (reflectable<T>) return shape::aggregate;
    else if constexpr (known_to_nlohmann<T>) return shape::foreign;
    else return shape::none;
    // clang-format on
}

template <class... T>
struct types {};

/// The type that the elements of a sequence are read into: of a map, its element without the const.
template <class T>
struct element {
    using type = ranges_of_any_kind::value_t<T const>;
};

template <class T>
    requires requires { typename T::mapped_type; }
struct element<T> {
    using type = std::pair<typename T::key_type, typename T::mapped_type>;
};

template <class T>
using element_t = typename element<T>::type;

/// Returns the types of what it is called with.
struct types_of {
    template <class... Field>
    constexpr types<Field...> operator()(Field&...) const {
        return {};
    }
};

template <class T, std::size_t... I>
types<std::tuple_element_t<I, T>...> types_of_tuple(std::index_sequence<I...>);

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
        return decltype(types_of_tuple<T>(std::make_index_sequence<std::tuple_size_v<T>>{})){};
    else if constexpr (form == shape::aggregate)
        return decltype(with_fields(std::declval<T&>(), types_of{})){};
    else
        return types<>{};
}

/// Whether it is made of others. Most types are not, and cost one question less for that.
consteval bool has_parts(shape form) {
    return form == shape::maybe || form == shape::dictionary || form == shape::sequence ||
           form == shape::tuple || form == shape::aggregate;
}

template <class T>
concept array_like = tuple_like<T> && requires(T& array) { array.fill(array.front()); };

template <class T>
concept growing = requires(T& list, element_t<T> value) {
    list.clear();
    list.insert(list.end(), std::move(value));
} && std::is_default_constructible_v<element_t<T>>;

/// Whether write() and read() know a T, whatever its parts.
template <class T>
consteval bool writes() {
    constexpr auto form = shape_of<T>();
    if constexpr (form == shape::foreign)
        return foreign_writes<T>;
    else
        return form != shape::none;
}

template <class T>
consteval bool reads() {
    constexpr auto form = shape_of<T>();
    if constexpr (std::is_const_v<T> || std::is_reference_v<T>)
        return false;
    else if constexpr (form == shape::foreign)
        return foreign_reads<T>;
    else if constexpr (form == shape::text)
        return std::is_same_v<T, std::string>;
    else if constexpr (form == shape::maybe)
        return std::is_default_constructible_v<typename T::value_type>;
    else if constexpr (form == shape::dictionary)
        return std::is_same_v<typename T::key_type, std::string> &&
               std::is_default_constructible_v<typename T::mapped_type>;
    else if constexpr (form == shape::sequence)
        return array_like<T> || growing<T>;
    else
        return form != shape::none;
}

template <class T, class... Above>
consteval bool encodes_whole();

template <class... Above, class... Part>
consteval bool encodes_all(types<Part...>) {
    return (encodes_whole<std::remove_cvref_t<Part>, Above...>() && ...);
}

/// A type that is a part of itself, as the node of a tree is, is decided by its other parts.
template <class T, class... Above>
consteval bool encodes_whole() {
    if constexpr ((std::is_same_v<T, Above> || ...))
        return true;
    else if constexpr (!writes<T>())
        return false;
    else if constexpr (!has_parts(shape_of<T>()))
        return true;
    else
        return shapes::encodes_all<T, Above...>(parts_of<T>());
}

template <class T, class... Above>
consteval bool decodes_whole();

template <class... Above, class... Part>
consteval bool decodes_all(types<Part...>) {
    return (decodes_whole<Part, Above...>() && ...);
}

template <class T, class... Above>
consteval bool decodes_whole() {
    if constexpr ((std::is_same_v<T, Above> || ...))
        return true;
    else if constexpr (!reads<T>())
        return false;
    else if constexpr (!has_parts(shape_of<T>()))
        return true;
    else
        return shapes::decodes_all<T, Above...>(parts_of<T>());
}

/// A T and all its parts have a form. A pointer has none, nor has a class with data of its own and
/// no to_json.
template <class T>
concept encodable = encodes_whole<T>();

/// A T and all its parts can be made from their form; a view cannot.
template <class T>
concept decodable = decodes_whole<T>();

} // namespace hubbub::detail::shapes
