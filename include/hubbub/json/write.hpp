// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/json/shape.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

// Writes a T by its shape. A Writer is json::writer or msgpack::writer. Calls are qualified, since
// namespaces of the user's have functions of these names.
namespace hubbub::detail::shapes {

template <class Writer, class T>
void write(Writer& out, T const& value);

template <class T>
constexpr bool absent([[maybe_unused]] T const& field) {
    if constexpr (shape_of<T>() == shape::maybe)
        return !field;
    else
        return false;
}

template <class Writer, class T>
void write_field(Writer& out, std::string_view name, T const& field) {
    if (shapes::absent(field))
        return;
    out.field(name);
    shapes::write(out, field);
}

template <class Writer, class T>
void write_aggregate(Writer& out, T const& value) {
    with_fields(value, [&out](auto const&... field) {
        if (!out.begin_object((std::size_t{0} + ... + (shapes::absent(field) ? 0 : 1))))
            return;
        [[maybe_unused]] auto const* name = field_names_of<T>.data();
        (shapes::write_field(out, *name++, field), ...);
        out.end_object();
    });
}

template <class Writer, class T>
void write_dictionary(Writer& out, T const& value) {
    if (!out.begin_object(value.size()))
        return;
    for (auto const& [name, part] : value) {
        out.name(name);
        shapes::write(out, part);
    }
    out.end_object();
}

template <class T>
std::size_t size_of(T const& values) {
    if constexpr (requires { static_cast<std::size_t>(values.size()); }) {
        return static_cast<std::size_t>(values.size());
    } else {
        std::size_t count = 0;
        for ([[maybe_unused]] auto const& value : values)
            ++count;
        return count;
    }
}

template <class Writer, class T>
void write_sequence(Writer& out, T const& values) {
    if (!out.begin_array(shapes::size_of(values)))
        return;
    for (auto const& value : values) {
        out.element();
        shapes::write(out, value);
    }
    out.end_array();
}

template <class Writer, class T>
void write_element(Writer& out, T const& value) {
    out.element();
    shapes::write(out, value);
}

template <class Writer, class T, std::size_t... I>
void write_tuple(Writer& out, [[maybe_unused]] T const& value, std::index_sequence<I...>) {
    if (!out.begin_array(sizeof...(I)))
        return;
    (shapes::write_element(out, get<I>(value)), ...);
    out.end_array();
}

template <class Writer, class T>
void write_foreign(Writer& out, T const& value) {
    constexpr bool included = nlohmann_included<T>; // of a concept the compiler would tell more
    static_assert(included, "hubbub: a type has a to_json or from_json of its own; include "
                            "<hubbub/serializer/nlohmann.hpp> where it is sent or received");
    if constexpr (included)
        nlohmann_form<T>::write(out, value);
}

template <class Writer, class T>
void write_number(Writer& out, T value) {
    if constexpr (std::is_same_v<T, long double>)
        out.floating(static_cast<double>(value));
    else if constexpr (std::is_floating_point_v<T>)
        out.floating(value);
    else if constexpr (std::is_signed_v<T>)
        out.integer(static_cast<std::int64_t>(value));
    else
        out.natural(static_cast<std::uint64_t>(value));
}

/// Writes a T. Throws what the user's own conversions throw, if it is nothing of nlohmann's.
template <class Writer, class T>
void write(Writer& out, T const& value) {
    constexpr auto form = shape_of<T>();
    if constexpr (form == shape::boolean)
        out.boolean(value);
    else if constexpr (form == shape::integer || form == shape::floating)
        shapes::write_number(out, value);
    else if constexpr (form == shape::text)
        out.text(value);
    else if constexpr (form == shape::escaped)
        out.text(text_form<T>::to_text(value));
    else if constexpr (form == shape::encoded)
        out.encoded(value.bytes);
    else if constexpr (form == shape::maybe)
        value ? shapes::write(out, *value) : out.null();
    else if constexpr (form == shape::foreign)
        shapes::write_foreign(out, value);
    else if constexpr (form == shape::enumeration)
        shapes::write(out, static_cast<std::underlying_type_t<T>>(value));
    else if constexpr (form == shape::bytes)
        out.bytes(value.data(), value.size());
    else if constexpr (form == shape::dictionary)
        shapes::write_dictionary(out, value);
    else if constexpr (form == shape::sequence)
        shapes::write_sequence(out, value);
    else if constexpr (form == shape::tuple)
        shapes::write_tuple(out, value, std::make_index_sequence<std::tuple_size_v<T>>{});
    else
        shapes::write_aggregate(out, value);
}

} // namespace hubbub::detail::shapes
