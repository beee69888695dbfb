// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/error.hpp>
#include <hubbub/json/elements.hpp>
#include <hubbub/json/read.hpp>
#include <hubbub/json/reader.hpp>
#include <hubbub/json/why_not.hpp>
#include <hubbub/json/write.hpp>
#include <hubbub/json/writer.hpp>
#include <hubbub/serializer.hpp>

#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace hubbub {

/// JSON text, as other languages and people read it: `{"user":"ada","text":"hi"}`.
///
/// | C++                                         | JSON                                   |
/// |---------------------------------------------|----------------------------------------|
/// | a type with nlohmann conversions of its own | what those make, see below             |
/// | a plain aggregate of up to 24 members       | an object, its members by name         |
/// | bool, a number, a string                    | the like; a string view is not decoded |
/// | an enum                                     | its number                             |
/// | std::optional                               | absent as a member, null elsewhere     |
/// | a map with strings for keys                 | an object                              |
/// | another range; std::vector<std::byte>       | an array                               |
/// | std::array, std::pair, std::tuple           | an array of just that length           |
/// | hubbub::encoded                             | what is in it                          |
///
/// Members come in the order of their declaration. A fraction has the fewest digits that give the
/// same number again, and always a point or an exponent.
///
/// Decoding is strict about values: a number that does not fit its type, a fraction for an integer,
/// a string for a number are malformed. An enum takes any number of its underlying type. It is
/// lenient about members, so that a type may gain and lose some while old and new programs talk:
/// a name that is unknown is ignored, and a member that is missing keeps the value it has in the
/// object decoded into, its default for a new one. Use std::optional to tell that it was missing.
/// The later of two members with one name counts.
///
/// Types with nlohmann conversions (to_json and from_json, or an adl_serializer), nlohmann::json
/// itself, and what nlohmann knows and this table does not, need the header
/// <hubbub/serializer/nlohmann.hpp>, in each file that sends or receives them.
///
/// Errors: errc::cannot_encode for text that is not UTF-8, a number that is not finite, more than
/// 64 levels of nesting, or where a conversion of the user's throws nlohmann's exception;
/// errc::malformed_payload for what is not one JSON text of at most 64 levels, has a number that is
/// too large for a double, or is not of this type.
/// Other exceptions of the user's conversions pass through.
struct json_serializer : detail::shapes::says_why_not {
    static constexpr wire_format format = wire_format::json;

    template <detail::shapes::encodable T>
    std::error_code encode(T const& value, std::string& out) const {
        detail::json::writer to(out);
        detail::shapes::write(to, value);
        return to.finish();
    }

    template <detail::shapes::decodable T>
    std::error_code decode(std::string_view bytes, T& value) const {
        detail::json::reader from(bytes);
        return detail::shapes::read(from, value) && from.finished() ? std::error_code()
                                                                    : errc::malformed_payload;
    }

    /// Where the elements of an encoded array stand: out is then views of bytes, and nothing else.
    /// Errors: errc::malformed_payload for what is not one array as decode takes it.
    std::error_code elements(std::string_view bytes, std::vector<std::string_view>& out) const {
        detail::json::reader from(bytes);
        return detail::read_elements(from, out) ? std::error_code() : errc::malformed_payload;
    }
};

static_assert(serializer_for<json_serializer, std::string>);

} // namespace hubbub
