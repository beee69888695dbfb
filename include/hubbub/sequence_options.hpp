// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/detail/bounded.hpp>
#include <hubbub/detail/option_check.hpp>

#include <chrono>

namespace hubbub {

/// When beacons are sent, and what is forgotten. A time of more than a year counts as a year.
struct sequence_options {
    /// A topic that was published on and has been idle for so long gets a beacon; the next follows
    /// after twice the time, and so on, up to beacon_cap.
    std::chrono::milliseconds beacon_interval{1000};
    std::chrono::milliseconds beacon_cap{60000};
    /// A topic idle for so long is forgotten by its publisher, whose next message begins a new
    /// stream; and a stream silent for so long by its receivers, when it has been silent for twice
    /// as long at the latest. More than beacon_cap. Time in which one's own link is down does not
    /// count; but who was away for longer than this does not learn what he missed of a stream that
    /// its publisher forgot meanwhile, nor do others of a publisher that was.
    std::chrono::milliseconds forget_after{600000};
    /// A receiver that hears of a stream asks its publisher whether it is older than the
    /// subscription. An answer that took no longer than this is the last word, a later one only if
    /// it shows that the stream is new. Who begins to publish within this time of the subscription
    /// may be taken for older.
    std::chrono::milliseconds settle_time{1000};
};

namespace detail {

/// Errors: throws std::invalid_argument, which names the option.
inline sequence_options checked(sequence_options o) {
    option_check const check("sequence_options");
    check.positive(o.beacon_interval, "beacon_interval");
    check.require(o.beacon_cap >= o.beacon_interval, "beacon_cap", "is below beacon_interval");
    check.require(o.forget_after > o.beacon_cap, "forget_after",
                  "is not above beacon_cap: a stream would be forgotten between two beacons");
    check.require(o.settle_time >= std::chrono::milliseconds::zero(), "settle_time", "is negative");
    for (auto* const time : {&o.beacon_interval, &o.beacon_cap, &o.forget_after, &o.settle_time})
        *time = bounded(*time);
    return o;
}

} // namespace detail
} // namespace hubbub
