// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/error.hpp>
#include <hubbub/json/elements.hpp>
#include <hubbub/json/msgpack_reader.hpp>
#include <hubbub/json/msgpack_writer.hpp>
#include <hubbub/json/read.hpp>
#include <hubbub/json/why_not.hpp>
#include <hubbub/json/write.hpp>
#include <hubbub/serializer.hpp>

#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace hubbub {

/// MessagePack: json_serializer's mapping in fewer bytes, readable by every language.
///
/// Aggregates are maps with the names of their members, so that members can be added and removed as
/// in JSON. It differs from json_serializer in that it carries any text, UTF-8 or not, any number,
/// finite or not, and std::vector<std::byte> as bytes.
///
/// Errors: errc::cannot_encode for more than 64 levels of nesting, or where a conversion of the
/// user's throws nlohmann's exception; errc::malformed_payload for what is not one MessagePack
/// value of at most 64 levels, or not of this type. Other exceptions of the user's conversions pass
/// through.
struct msgpack_serializer : detail::shapes::says_why_not {
    static constexpr wire_format format = wire_format::msgpack;

    template <detail::shapes::encodable T>
    std::error_code encode(T const& value, std::string& out) const {
        detail::msgpack::writer to(out);
        detail::shapes::write(to, value);
        return to.finish();
    }

    template <detail::shapes::decodable T>
    std::error_code decode(std::string_view bytes, T& value) const {
        detail::msgpack::reader from(bytes);
        return detail::shapes::read(from, value) && from.finished() ? std::error_code()
                                                                    : errc::malformed_payload;
    }

    /// Where the elements of an encoded array stand: out is then views of bytes, and nothing else.
    /// Errors: errc::malformed_payload for what is not one array as decode takes it.
    std::error_code elements(std::string_view bytes, std::vector<std::string_view>& out) const {
        detail::msgpack::reader from(bytes);
        return detail::read_elements(from, out) ? std::error_code() : errc::malformed_payload;
    }
};

static_assert(serializer_for<msgpack_serializer, std::string>);

} // namespace hubbub
