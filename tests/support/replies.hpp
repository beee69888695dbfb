// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/redis/resp.hpp>

#include <cstdint>
#include <string_view>

namespace support {

// Replies as Redis gives them, without a reader.

inline hubbub::redis::reply status(std::string_view text) {
    return {{.type = hubbub::redis::value::kind::status, .text = text}, {}};
}

inline hubbub::redis::reply error(std::string_view text) {
    return {{.type = hubbub::redis::value::kind::error, .text = text}, {}};
}

inline hubbub::redis::reply integer(std::int64_t number) {
    return {{.type = hubbub::redis::value::kind::integer, .integer = number}, {}};
}

inline hubbub::redis::reply string(std::string_view text) {
    return {{.type = hubbub::redis::value::kind::string, .text = text}, {}};
}

} // namespace support
