// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/error.hpp>
#include <hubbub/json/parse.hpp>
#include <hubbub/json/reflect.hpp>
#include <hubbub/json/shape.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

// Turns a T into a JSON value and back, by its shape. Nothing here is called to_json or from_json:
// those names are the user's.
namespace hubbub::detail::json_value {

template <class T>
void write(json& out, T const& value);

template <class T>
void write_aggregate(json& out, T const& value) {
    out = json::object();
    for_each_field(value, [&out]<class Field>(std::string_view name, Field const& field) {
        if constexpr (optional_like<Field>)
            if (!field)
                return;
        json_value::write(out[std::string(name)], field);
    });
}

template <class T>
void write_dictionary(json& out, T const& value) {
    out = json::object();
    for (auto const& [name, part] : value)
        json_value::write(out[std::string(std::string_view(name))], part);
}

/// An array of parts, with none or with as many as are given.
template <class... Part>
void write_array(json& out, Part const&... parts) {
    out = json::array();
    (json_value::write(out.emplace_back(), parts), ...);
}

template <class T>
void write_sequence(json& out, T const& value) {
    out = json::array();
    for (auto const& part : value)
        json_value::write(out.emplace_back(), part);
}

inline void write_bytes(json& out, std::vector<std::byte> const& value) {
    auto const* const first = reinterpret_cast<std::uint8_t const*>(value.data());
    out = json::binary({first, first + value.size()});
}

/// Turns a T into a value; out is null before. Throws what the user's own conversions throw.
template <class T>
void write(json& out, T const& value) {
    constexpr auto form = shape_of<T>();
    if constexpr (form == shape::custom)
        nlohmann::adl_serializer<T>::to_json(out, value);
    else if constexpr (form == shape::text)
        out = std::string(std::string_view(value));
    else if constexpr (form == shape::enumeration)
        json_value::write(out, static_cast<std::underlying_type_t<T>>(value));
    else if constexpr (form == shape::maybe)
        value ? json_value::write(out, *value) : void();
    else if constexpr (form == shape::bytes)
        write_bytes(out, value);
    else if constexpr (form == shape::dictionary)
        write_dictionary(out, value);
    else if constexpr (form == shape::sequence)
        write_sequence(out, value);
    else if constexpr (form == shape::tuple)
        std::apply([&out](auto const&... parts) { write_array(out, parts...); }, value);
    else if constexpr (form == shape::aggregate)
        write_aggregate(out, value);
    else
        out = value;
}

template <class T>
bool read(json const& in, T& value);

/// False if a T has no such number.
template <class T, class Number>
bool narrow(Number number, T& value) {
    value = static_cast<T>(number);
    return static_cast<Number>(value) == number && (value < T{}) == (number < Number{});
}

template <class T>
bool read_integer(json const& in, T& value) {
    if (in.is_number_unsigned())
        return narrow(in.get<json::number_unsigned_t>(), value);
    return in.is_number_integer() && narrow(in.get<json::number_integer_t>(), value);
}

template <class T>
bool read_floating(json const& in, T& value) {
    if (!in.is_number())
        return false;
    auto const number = in.get<double>();
    if (std::isfinite(number) && std::abs(number) > std::numeric_limits<T>::max())
        return false;
    value = static_cast<T>(number);
    return true;
}

template <class T>
bool read_enumeration(json const& in, T& value) {
    std::underlying_type_t<T> number{};
    if (!json_value::read(in, number))
        return false;
    value = static_cast<T>(number);
    return true;
}

template <class T>
bool read_optional(json const& in, T& value) {
    value.reset();
    return in.is_null() || json_value::read(in, value.emplace());
}

/// A member that is absent keeps its value, except that an optional becomes nullopt.
template <class T>
bool read_aggregate(json const& in, T& value) {
    bool good = in.is_object();
    for_each_field(value, [&]<class Field>(std::string_view name, Field& field) {
        if (auto const found = in.find(name); found != in.end())
            good = good && json_value::read(*found, field);
        else if constexpr (optional_like<Field>)
            field.reset();
    });
    return good;
}

template <class T>
bool read_dictionary(json const& in, T& value) {
    value.clear();
    if (!in.is_object())
        return false;
    for (auto const& [name, part] : in.get_ref<json::object_t const&>()) {
        typename T::mapped_type mapped{};
        if (!json_value::read(part, mapped))
            return false;
        value.insert_or_assign(name, std::move(mapped));
    }
    return true;
}

template <array_like T>
bool read_sequence(json const& in, T& value) {
    return in.is_array() && in.size() == value.size() &&
           std::equal(in.begin(), in.end(), value.begin(), [](json const& part, auto& element) {
               return json_value::read(part, element);
           });
}

template <class T>
bool read_sequence(json const& in, T& value) {
    value.clear();
    return in.is_array() && std::all_of(in.begin(), in.end(), [&value](json const& part) {
               element_t<T> element{};
               if (!json_value::read(part, element))
                   return false;
               value.insert(value.end(), std::move(element));
               return true;
           });
}

/// Accepts MessagePack's bytes and an array of numbers alike.
inline bool read_bytes(json const& in, std::vector<std::byte>& value) {
    if (!in.is_binary())
        return read_sequence(in, value);
    auto const& bytes = in.get_binary();
    auto const* const first = reinterpret_cast<std::byte const*>(bytes.data());
    value.assign(first, first + bytes.size());
    return true;
}

template <class T>
bool read_tuple(json const& in, T& value) {
    auto const read_parts = [&in](auto&... parts) {
        [[maybe_unused]] std::size_t i = 0;
        return in.is_array() && in.size() == sizeof...(parts) &&
               (json_value::read(in[i++], parts) && ...);
    };
    return std::apply(read_parts, value);
}

/// Makes a T from a value; false if the value does not have its form. Throws what the user's own
/// conversions throw.
template <class T>
bool read(json const& in, T& value) {
    constexpr auto form = shape_of<T>();
    if constexpr (form == shape::custom)
        return nlohmann::adl_serializer<T>::from_json(in, value), true;
    else if constexpr (form == shape::boolean)
        return in.is_boolean() && (in.get_to(value), true);
    else if constexpr (form == shape::integer)
        return read_integer(in, value);
    else if constexpr (form == shape::floating)
        return read_floating(in, value);
    else if constexpr (form == shape::text)
        return in.is_string() && (in.get_to(value), true);
    else if constexpr (form == shape::enumeration)
        return read_enumeration(in, value);
    else if constexpr (form == shape::maybe)
        return read_optional(in, value);
    else if constexpr (form == shape::bytes)
        return read_bytes(in, value);
    else if constexpr (form == shape::dictionary)
        return read_dictionary(in, value);
    else if constexpr (form == shape::sequence)
        return read_sequence(in, value);
    else if constexpr (form == shape::tuple)
        return read_tuple(in, value);
    else if constexpr (form == shape::aggregate)
        return read_aggregate(in, value);
    else
        return value = in, true;
}

/// About the bytes of a value as JSON; what nests too deep to be encoded counts as little.
inline std::size_t size_of(json const& value, std::size_t levels = max_depth) {
    if (value.is_string())
        return 2 + value.get_ref<std::string const&>().size();
    if (value.is_binary())
        return value.get_binary().size();
    if (!value.is_structured() || levels == 0)
        return 4;
    auto size = 1 + std::max<std::size_t>(value.size(), 1); // brackets and commas
    for (auto part = value.begin(); part != value.end(); ++part)
        size += size_of(*part, levels - 1) + (value.is_object() ? 3 + part.key().size() : 0);
    return size;
}

/// What the serializers over a JSON value share: how a value gets into another message and out.
struct packing {
    using packed = json;

    /// Errors: errc::cannot_encode, where a conversion of the user's own throws nlohmann's exception.
    template <encodable T>
    static std::error_code pack(T const& value, packed& out) {
        try {
            json made;
            json_value::write(made, value);
            out = std::move(made);
            return {};
        } catch (json::exception const&) {
            return errc::cannot_encode;
        }
    }

    /// Errors: errc::malformed_payload; value is then unspecified.
    template <decodable T>
    static std::error_code unpack(packed const& in, T& value) {
        try {
            return json_value::read(in, value) ? std::error_code() : errc::malformed_payload;
        } catch (json::exception const&) {
            return errc::malformed_payload;
        }
    }

    /// About how many bytes its encoding takes, which is not made for that.
    static std::size_t size_of(packed const& value) { return json_value::size_of(value); }
};

} // namespace hubbub::detail::json_value
