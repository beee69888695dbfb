// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/json/parse.hpp>
#include <hubbub/json/value.hpp>
#include <hubbub/serializer.hpp>

#include <string>
#include <string_view>
#include <system_error>

namespace hubbub {

/// MessagePack: json_serializer's mapping in fewer bytes, readable by every language.
///
/// Aggregates are maps with the names of their members, so that members can be added and removed as
/// in JSON. It differs from json_serializer in that it carries any text, UTF-8 or not, any number,
/// finite or not, and std::vector<std::byte> as bytes.
///
/// Errors: errc::cannot_encode for more than 64 levels of nesting, or where a conversion of the
/// user's throws nlohmann's exception; errc::malformed_payload for what is not one MessagePack value
/// of at most 64 levels, or not of this type. Other exceptions of the user's conversions pass
/// through.
struct msgpack_serializer : detail::json_value::packing {
    template <detail::json_value::encodable T>
    std::error_code encode(T const& value, std::string& out) const {
        packed tree;
        if (auto const error = pack(value, tree))
            return error;
        if (!detail::json_value::nests_within(tree))
            return errc::cannot_encode;
        packed::to_msgpack(tree, out);
        return {};
    }

    template <detail::json_value::decodable T>
    std::error_code decode(std::string_view bytes, T& value) const {
        packed tree;
        if (!detail::json_value::parse(bytes, packed::input_format_t::msgpack, tree))
            return errc::malformed_payload;
        return unpack(tree, value);
    }
};

static_assert(serializer_for<msgpack_serializer, std::string>);

} // namespace hubbub
