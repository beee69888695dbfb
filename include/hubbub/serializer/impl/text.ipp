// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/serializer/text.hpp>

namespace hubbub {

HUBBUB_DECL std::error_code text_serializer::decode(std::string_view bytes,
                                                    std::vector<std::byte>& value) const {
    auto const* const first = reinterpret_cast<std::byte const*>(bytes.data());
    value.assign(first, first + bytes.size());
    return {};
}

} // namespace hubbub
