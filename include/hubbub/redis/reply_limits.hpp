// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

namespace hubbub::redis {

/// What a server may send at most; beyond it the link is dropped (protocol_error), and nothing is kept.
/// A string or an array's element is bounded by message_limits.
struct reply_limits {
    /// A status, an error, a number or a length, in bytes, within 4 KiB: the end of it is searched from
    /// its beginning with each 4 KiB that come.
    std::size_t max_line_bytes = std::size_t{64} << 10;
    /// Elements of an array; none of them may be an array. The longest that Pub/Sub has is of four:
    /// pmessage, pattern, channel, payload. Not less, else the constructor throws.
    std::size_t max_elements = 4;
};

} // namespace hubbub::redis
