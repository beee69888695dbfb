// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace hubbub {

/// What became of each message. All counts are since construction, but for queued and queued_bytes.
///
/// Two equations hold at any time at which nothing runs:
///
///     published = refused + confirmed + unknown + discarded + queued
///     received  = delivered + malformed + failed
///
/// The first line counts at the transport, for all buses on it; the second at the bus, one for each
/// subscription a message was meant for. What is lost on the way at the backplane is in neither: it
/// is told by events.
struct statistics {
    /// Calls of publish and async_publish.
    std::uint64_t published = 0;
    /// Refused at once, or by the backplane; the caller of async_publish was told.
    std::uint64_t refused = 0;
    /// The backplane has them.
    std::uint64_t confirmed = 0;
    /// Handed over when the link fell: delivered or not.
    std::uint64_t unknown = 0;
    /// Still queued when the transport was closed or gave up.
    std::uint64_t discarded = 0;
    /// Waiting now: not handed over yet, or not answered yet.
    std::uint64_t queued = 0;
    std::uint64_t queued_bytes = 0;

    /// Messages that came for a subscription of this bus.
    std::uint64_t received = 0;
    /// Handed to a sink that returned.
    std::uint64_t delivered = 0;
    /// Did not decode.
    std::uint64_t malformed = 0;
    /// Handed to a sink that threw.
    std::uint64_t failed = 0;

    /// Dropped before delivery, since the receiving queue was full.
    std::uint64_t dropped = 0;
    /// Known to be missing, by numbers (`sequenced`).
    std::uint64_t lost = 0;
    /// Came twice, and were dropped the second time (`sequenced`).
    std::uint64_t duplicates = 0;
    /// Times the link was lost after it had been whole.
    std::uint64_t link_losses = 0;
};

} // namespace hubbub
