// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/json/foreign.hpp>

#include <nlohmann/json.hpp>

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

// For types with conversions for nlohmann::json of their own (to_json and from_json, the macros
// NLOHMANN_DEFINE_TYPE_..., an adl_serializer), for nlohmann::json itself, and for what nlohmann
// knows and the table of json_serializer does not: json_serializer and msgpack_serializer, and who
// uses them, take these as they take all others, alone and as parts of others.
//
// It is included in each file that sends or receives such a type, before or behind other headers
// of hubbub. A file that lacks it does not compile, and says so.
namespace hubbub::detail::shapes {

template <class Writer>
void write_json(Writer& out, nlohmann::json const& value);

template <class Writer>
void write_json_array(Writer& out, nlohmann::json const& value) {
    if (!out.begin_array(value.size()))
        return;
    for (auto const& part : value) {
        out.element();
        shapes::write_json(out, part);
        if (out.failed())
            return;
    }
    out.end_array();
}

template <class Writer>
void write_json_object(Writer& out, nlohmann::json const& value) {
    if (!out.begin_object(value.size()))
        return;
    for (auto part = value.begin(); part != value.end(); ++part) {
        out.name(part.key());
        shapes::write_json(out, *part);
        if (out.failed())
            return;
    }
    out.end_object();
}

template <class Writer>
void write_json_binary(Writer& out, nlohmann::json const& value) {
    auto const& bytes = value.get_binary();
    if constexpr (Writer::has_extensions)
        if (bytes.has_subtype()) {
            std::string encoding;
            nlohmann::json::to_msgpack(value, encoding);
            out.encoded(encoding);
            return;
        }
    out.bytes(reinterpret_cast<std::byte const*>(bytes.data()), bytes.size());
}

/// No deeper than the writer goes.
template <class Writer>
void write_json(Writer& out, nlohmann::json const& value) {
    using json = nlohmann::json;
    switch (value.type()) {
    case json::value_t::boolean: out.boolean(value.get<bool>()); break;
    case json::value_t::number_integer: out.integer(value.get<json::number_integer_t>()); break;
    case json::value_t::number_unsigned: out.natural(value.get<json::number_unsigned_t>()); break;
    case json::value_t::number_float: out.floating(value.get<json::number_float_t>()); break;
    case json::value_t::string: out.text(value.get_ref<std::string const&>()); break;
    case json::value_t::binary: shapes::write_json_binary(out, value); break;
    case json::value_t::array: shapes::write_json_array(out, value); break;
    case json::value_t::object: shapes::write_json_object(out, value); break;
    case json::value_t::null:
    case json::value_t::discarded: out.null(); break;
    }
}

template <class T>
concept has_foreign_writer =
    requires(nlohmann::json& out, T const& v) { nlohmann::adl_serializer<T>::to_json(out, v); };

template <class T>
concept has_foreign_reader =
    requires(nlohmann::json const& in, T& v) { nlohmann::adl_serializer<T>::from_json(in, v); };

/// The user has specialized adl_serializer for T: it lacks the template arguments of the primary.
template <class T>
concept specializes_adl_serializer =
    has_foreign_writer<T> && !requires(nlohmann::json& out, T const& value) {
        nlohmann::adl_serializer<T>::template to_json<nlohmann::json, T const&>(out, value);
    };

template <class T>
struct nlohmann_form {
    static constexpr bool is_json = std::same_as<T, nlohmann::json>;
    /// Before all else that T could be.
    static constexpr bool first = is_json || calls_to_json<nlohmann::json, T> ||
                                  calls_from_json<nlohmann::json, T> ||
                                  specializes_adl_serializer<T>;
    static constexpr bool writes = is_json || has_foreign_writer<T>;
    static constexpr bool reads = is_json || has_foreign_reader<T>;

    template <class Writer>
    static void write(Writer& out, T const& value) {
        if constexpr (is_json) {
            shapes::write_json(out, value);
        } else {
            nlohmann::json tree;
            try {
                nlohmann::adl_serializer<T>::to_json(tree, value);
            } catch (nlohmann::json::exception const&) {
                out.fail();
                return;
            }
            shapes::write_json(out, tree);
        }
    }

    /// From the bytes of one value, of which the reader has seen that they are that.
    template <class Reader>
    static bool read(std::string_view bytes, T& value) {
        try {
            auto tree = Reader::is_text ? nlohmann::json::parse(bytes)
                                        : nlohmann::json::from_msgpack(bytes);
            if constexpr (is_json)
                value = std::move(tree);
            else
                nlohmann::adl_serializer<T>::from_json(std::as_const(tree), value);
            return true;
        } catch (nlohmann::json::exception const&) {
            return false;
        }
    }
};

} // namespace hubbub::detail::shapes
