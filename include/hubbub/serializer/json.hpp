// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/json/parse.hpp>
#include <hubbub/json/value.hpp>
#include <hubbub/serializer.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <system_error>

namespace hubbub {

namespace detail::json_value {

/// Gives a value a form that JSON text has: bytes become an array of numbers. False if a number is
/// infinite or none, which JSON cannot say.
inline bool make_textual(json& value) {
    if (value.is_binary()) {
        auto const bytes = value.get_binary();
        value = json::array_t(bytes.begin(), bytes.end());
    }
    if (value.is_number_float())
        return std::isfinite(value.get<double>());
    return !value.is_structured() || std::all_of(value.begin(), value.end(), make_textual);
}

} // namespace detail::json_value

/// JSON text, as other languages and people read it: `{"text":"hi","user":"ada"}`.
///
/// | C++                                         | JSON                                   |
/// |---------------------------------------------|----------------------------------------|
/// | a type with nlohmann conversions of its own | what those make                        |
/// | a plain aggregate of up to 24 members       | an object, its members by name         |
/// | bool, a number, a string                    | the like; a string view is not decoded |
/// | an enum                                     | its number                             |
/// | std::optional                               | absent as a member, null elsewhere     |
/// | a map with strings for keys                 | an object                              |
/// | another range; std::vector<std::byte>       | an array                               |
/// | std::array, std::pair, std::tuple           | an array of just that length           |
/// | packed                                      | what is in it                          |
///
/// Decoding is strict about values: a number that does not fit its type, a fraction for an integer,
/// a string for a number are malformed. An enum takes any number of its underlying type. It is
/// lenient about members, so that a type may gain and lose some while old and new programs talk:
/// a name that is unknown is ignored, and a member that is missing keeps the value it has in the
/// object decoded into, its default for a new one. Use std::optional to tell that it was missing.
///
/// Names come sorted and not as declared: users write their conversions for `nlohmann::json`, and
/// `nlohmann::ordered_json` takes quadratic time for an object with many names.
///
/// Errors: errc::cannot_encode for text that is not UTF-8, a number that is not finite, more than
/// 64 levels of nesting, or where a conversion of the user's throws nlohmann's exception;
/// errc::malformed_payload for what is not one JSON text of at most 64 levels, or not of this type.
/// Other exceptions of the user's conversions pass through.
struct json_serializer : detail::json_value::packing {
    template <detail::json_value::encodable T>
    std::error_code encode(T const& value, std::string& out) const {
        packed tree;
        if (auto const error = pack(value, tree))
            return error;
        if (!detail::json_value::nests_within(tree) || !detail::json_value::make_textual(tree))
            return errc::cannot_encode;
        try {
            out += tree.dump();
        } catch (packed::exception const&) {
            return errc::cannot_encode;
        }
        return {};
    }

    template <detail::json_value::decodable T>
    std::error_code decode(std::string_view bytes, T& value) const {
        packed tree;
        // nlohmann takes a zero byte for the end of the text, whatever follows.
        if (bytes.find('\0') != bytes.npos ||
            !detail::json_value::parse(bytes, packed::input_format_t::json, tree))
            return errc::malformed_payload;
        return unpack(tree, value);
    }
};

static_assert(serializer_for<json_serializer, std::string>);

} // namespace hubbub
