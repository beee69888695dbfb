// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>

namespace hubbub {

/// How a transport counts a message that is published.
enum class accounting {
    /// As published, and by what becomes of it.
    message,
    /// The same, but not if it is refused as queue_full: it comes again when there is room.
    attempt,
    /// Not at all: it is no message of a user's.
    none,
};

/// Counts of what became of each message. All counts are since construction, but for what waits
/// now.
///
/// Two equations hold at any time at which nothing runs:
///
///     published = refused + confirmed + unknown + discarded + displaced + queued
///     received  = delivered + malformed + failed
///               + dropped_oldest + dropped_newest + superseded + abandoned + pending
///
/// The first line counts at the transport, for all buses on it; the second at the bus, one for each
/// subscription a message was meant for. What is lost on the way at the backplane is in neither: it
/// is told by events, and with `sequenced` counted as lost.
struct statistics {
    // Publishing.

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
    /// Made room for newer ones while the link was down (outage_policy::keep_newest).
    std::uint64_t displaced = 0;
    /// Waiting now: for room, to be handed over, or for an answer.
    std::uint64_t queued = 0;
    std::uint64_t queued_bytes = 0;
    /// The most messages, and bytes, that were queued at once.
    std::uint64_t queued_peak = 0;
    std::uint64_t queued_bytes_peak = 0;
    /// Payloads that were accepted.
    std::uint64_t published_bytes = 0;

    /// The publishes that were not refused.
    std::uint64_t accepted() const noexcept { return published - refused; }

    // Receiving.

    /// Messages that came for a subscription of this bus.
    std::uint64_t received = 0;
    /// Their payloads; of objects none.
    std::uint64_t received_bytes = 0;
    /// Handed to a sink that returned, or to async_receive.
    std::uint64_t delivered = 0;
    /// Did not decode.
    std::uint64_t malformed = 0;
    /// Handed to a sink that threw.
    std::uint64_t failed = 0;
    /// Fell out of a subscription's full queue, by its overflow_policy: the oldest, the one that
    /// came, and those that a newer one of the same key replaced.
    std::uint64_t dropped_oldest = 0;
    std::uint64_t dropped_newest = 0;
    std::uint64_t superseded = 0;
    /// Were in a subscription's queue when it ended.
    std::uint64_t abandoned = 0;
    /// Subscriptions that were ended, since their queue was full (overflow_policy::disconnect).
    std::uint64_t disconnected = 0;
    /// In the queues of subscriptions now.
    std::uint64_t pending = 0;
    std::uint64_t pending_bytes = 0;
    /// The most messages, and bytes, that a single queue has held at once.
    std::uint64_t pending_peak = 0;
    std::uint64_t pending_bytes_peak = 0;

    // The way.

    /// Dropped before any subscription saw them, since the transport's receiving queue was full.
    std::uint64_t dropped = 0;
    /// Messages that are known to be missing by their numbers, for each filter, and in how many
    /// gaps; 0 unless the transport is `sequenced`.
    std::uint64_t lost = 0;
    std::uint64_t gaps = 0;
    /// Came twice, and were dropped the second time (`sequenced`).
    std::uint64_t duplicates = 0;

    // The link.

    /// Times it was lost after it had been whole, and times it was whole again.
    std::uint64_t link_losses = 0;
    std::uint64_t reconnects = 0;
    /// Times the backplane closed it, since too much waited there for this slow reader.
    std::uint64_t cut_offs = 0;
    /// How long it has been down since it was whole first, up to now.
    std::chrono::milliseconds time_down{0};
    /// The time of the last probe through the backplane and back; zero before the first.
    std::chrono::microseconds probe_round_trip{0};
};

} // namespace hubbub
