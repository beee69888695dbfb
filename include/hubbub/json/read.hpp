// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/json/failed_names.hpp>
#include <hubbub/json/name_table.hpp>
#include <hubbub/json/shape.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

// Reads a T by its shape. A Reader is json::reader or msgpack::reader. Calls are qualified, since
// namespaces of the user's have functions of these names.
namespace hubbub::detail::shapes {

template <class Reader, class T>
bool read(Reader& in, T& value);

template <class Reader, class T>
bool read_integer(Reader& in, T& value) {
    std::uint64_t bits = 0;
    if (!in.integer(static_cast<std::int64_t>(std::numeric_limits<T>::min()),
                    static_cast<std::uint64_t>(std::numeric_limits<T>::max()), bits))
        return false;
    value = static_cast<T>(bits);
    return true;
}

template <class Reader, class T>
bool read_floating(Reader& in, T& value) {
    if constexpr (std::is_same_v<T, long double>) {
        double narrow = 0;
        bool const good = in.floating(narrow);
        value = narrow;
        return good;
    } else {
        return in.floating(value);
    }
}

template <class Reader, class T>
bool read_escaped(Reader& in, T& value) {
    std::string_view text;
    return in.text_view(text) && text_form<T>::from_text(text, value);
}

template <class Reader>
bool read_encoded(Reader& in, hubbub::encoded& value) {
    std::string_view bytes;
    if (!in.encoded(bytes))
        return false;
    value.bytes = bytes;
    return true;
}

template <class Reader, class T>
bool read_optional(Reader& in, T& value) {
    value.reset();
    return in.null() || shapes::read(in, value.emplace());
}

template <class Reader, class T>
bool read_enumeration(Reader& in, T& value) {
    std::underlying_type_t<T> number{};
    if (!shapes::read(in, number))
        return false;
    value = static_cast<T>(number);
    return true;
}

/// Which members of an object there were, and which of those were of another type; by a bit each.
struct seen_fields {
    std::uint32_t all = 0;
    std::uint32_t failed = 0;
};

/// Whether reading a T leaves a part as it is that is missing in the text.
template <class T>
constexpr bool keeps_parts = shape_of<T>() == shape::aggregate || shape_of<T>() == shape::tuple ||
                             (shape_of<T>() == shape::sequence && array_like<T>);

/// A member that is there for the second time begins anew.
template <class T>
void renew([[maybe_unused]] T& field) {
    if constexpr (keeps_parts<T> && std::is_default_constructible_v<T> &&
                  std::is_move_assignable_v<T>)
        field = T{};
}

/// Returns false if the reader is broken.
template <class Reader, class T>
bool read_field(Reader& in, T& field, std::uint32_t bit, seen_fields& seen) {
    if ((seen.all & bit) != 0)
        shapes::renew(field);
    seen.all |= bit;
    seen.failed &= ~bit;
    auto const begin = in.here();
    if (shapes::read(in, field))
        return true;
    seen.failed |= bit;
    return in.pass(begin);
}

template <class T>
void reset_absent([[maybe_unused]] T& field, [[maybe_unused]] bool absent) {
    if constexpr (shape_of<T>() == shape::maybe)
        if (absent)
            field.reset();
}

/// A member that is absent keeps its value, except that an optional becomes nullopt.
template <class Reader, class T>
bool read_aggregate(Reader& in, T& value) {
    if (!in.begin_object())
        return false;
    return with_fields(value, [&in](auto&... fields) {
        constexpr std::size_t count = sizeof...(fields);
        constexpr name_table names{field_names_of<T>.data(), count};
        seen_fields seen;
        for (std::size_t next = 0;;) {
            auto const which = in.member(names, next);
            if (which == no_member)
                break;
            next = which + 1;
            [[maybe_unused]] std::size_t i = 0;
            bool good = true;
            // One of them, or none.
            bool const known =
                (... || (i++ == which &&
                         ((good = shapes::read_field(in, fields, std::uint32_t{1} << which, seen)),
                          true)));
            if (!(known ? good : in.skip()))
                return false;
        }
        [[maybe_unused]] std::size_t i = 0;
        (shapes::reset_absent(fields, (seen.all >> i++ & 1) == 0), ...);
        return seen.failed == 0 && !in.broken();
    });
}

template <class Reader, class T>
bool read_dictionary(Reader& in, T& value) {
    value.clear();
    if (!in.begin_object())
        return false;
    failed_names failed;
    std::string name;
    while (in.member(name)) {
        auto const begin = in.here();
        typename T::mapped_type mapped{};
        if (shapes::read(in, mapped)) {
            failed.remove(name);
            value.insert_or_assign(name, std::move(mapped));
        } else if (in.pass(begin)) {
            failed.add(name);
        } else {
            return false;
        }
    }
    return failed.empty() && !in.broken();
}

template <class Reader, class T>
bool read_sequence(Reader& in, T& values) {
    if constexpr (array_like<T>) {
        if (!in.begin_array())
            return false;
        for (auto& value : values)
            if (!in.element() || !shapes::read(in, value))
                return false;
    } else {
        values.clear();
        if (!in.begin_array())
            return false;
        while (in.element()) {
            element_t<T> value{};
            if (!shapes::read(in, value))
                return false;
            values.insert(values.end(), std::move(value));
        }
        return !in.broken();
    }
    return !in.element() && !in.broken();
}

template <class Reader, class T, std::size_t... I>
bool read_tuple(Reader& in, [[maybe_unused]] T& value, std::index_sequence<I...>) {
    return in.begin_array() && (... && (in.element() && shapes::read(in, get<I>(value)))) &&
           !in.element() && !in.broken();
}

template <class Reader, class T>
bool read_foreign(Reader& in, T& value) {
    constexpr bool included = nlohmann_included<T>; // of a concept the compiler would tell more
    static_assert(included, "hubbub: a type has a to_json or from_json of its own; include "
                            "<hubbub/serializer/nlohmann.hpp> where it is sent or received");
    std::string_view bytes;
    if constexpr (included)
        return in.encoded(bytes) && nlohmann_form<T>::template read<Reader>(bytes, value);
    else
        return false;
}

/// Makes a T of what comes; false if that does not have its form, and the value is then
/// unspecified. Throws what the user's own conversions throw, if it is nothing of nlohmann's.
template <class Reader, class T>
bool read(Reader& in, T& value) {
    constexpr auto form = shape_of<T>();
    if constexpr (form == shape::boolean)
        return in.boolean(value);
    else if constexpr (form == shape::integer)
        return shapes::read_integer(in, value);
    else if constexpr (form == shape::floating)
        return shapes::read_floating(in, value);
    else if constexpr (form == shape::text)
        return in.text(value);
    else if constexpr (form == shape::escaped)
        return shapes::read_escaped(in, value);
    else if constexpr (form == shape::encoded)
        return shapes::read_encoded(in, value);
    else if constexpr (form == shape::maybe)
        return shapes::read_optional(in, value);
    else if constexpr (form == shape::foreign)
        return shapes::read_foreign(in, value);
    else if constexpr (form == shape::enumeration)
        return shapes::read_enumeration(in, value);
    else if constexpr (form == shape::bytes)
        return in.bytes(value);
    else if constexpr (form == shape::dictionary)
        return shapes::read_dictionary(in, value);
    else if constexpr (form == shape::sequence)
        return shapes::read_sequence(in, value);
    else if constexpr (form == shape::tuple)
        return shapes::read_tuple(in, value, std::make_index_sequence<std::tuple_size_v<T>>{});
    else
        return shapes::read_aggregate(in, value);
}

} // namespace hubbub::detail::shapes
