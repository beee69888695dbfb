// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/serializer/json.hpp>

#include <atomic>
#include <string>
#include <system_error>

namespace support {

/// Encodings so far.
inline std::atomic<unsigned> encodings = 0;

/// JSON, counted.
struct counting_serializer : hubbub::json_serializer {
    template <class T>
    std::error_code encode(T const& value, std::string& out) const {
        ++encodings;
        return hubbub::json_serializer::encode(value, out);
    }
};

} // namespace support
