// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>

#include <chrono>
#include <cstddef>

namespace hubbub {

/// When beacons are sent, and what is forgotten. A time of more than a year counts as a year.
struct sequence_options {
    /// A topic that was published on and has been idle for so long gets a beacon; the next follows
    /// after twice the time, and so on, up to beacon_cap.
    std::chrono::milliseconds beacon_interval{1000};
    std::chrono::milliseconds beacon_cap{60000};
    /// A topic idle for so long is dormant: no beacons are sent. So is for its receivers a stream
    /// that was silent for so long, or for twice as long at the latest. More than beacon_cap. Time
    /// in which one's own link is down does not count.
    std::chrono::milliseconds dormant_after{600000};
    /// The most topics of a publisher that may be awake: those published on within dormant_after,
    /// and all of an outage. A publish on one more is refused (errc::too_many_topics). About 300
    /// bytes each.
    std::size_t max_topics = 1'000'000;
    /// The most dormant streams that a publisher and a receiver remember each; the oldest beyond
    /// are forgotten. A receiver that was away, or whose publisher was, does not learn what it
    /// missed of those. About 300 and 200 bytes each.
    std::size_t max_dormant = 100'000;
    /// A receiver that hears of a stream asks its publisher whether it is older than the
    /// subscription. An answer that took no longer than this is the last word, a later one only if
    /// it shows that the stream is new. A publisher that begins within this time of the
    /// subscription may be taken for older.
    std::chrono::milliseconds settle_time{1000};
};

namespace detail {

/// Errors: throws std::invalid_argument, which names the option.
sequence_options checked(sequence_options o);

} // namespace detail
} // namespace hubbub

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/transport/impl/sequence_options.ipp>
#endif
