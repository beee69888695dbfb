// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/transport/sequence_options.hpp>

#include <hubbub/base/bounded.hpp>
#include <hubbub/base/option_check.hpp>

#include <chrono>

namespace hubbub {
namespace detail {

HUBBUB_DECL sequence_options checked(sequence_options o) {
    option_check const check("sequence_options");
    check.positive(o.beacon_interval, "beacon_interval");
    check.require(o.beacon_cap >= o.beacon_interval, "beacon_cap", "is below beacon_interval");
    check.require(o.dormant_after > o.beacon_cap, "dormant_after",
                  "is not above beacon_cap: a topic would fall dormant between two beacons");
    check.require(o.max_topics > 0, "max_topics", "is 0; nothing could be published");
    check.require(o.settle_time >= std::chrono::milliseconds::zero(), "settle_time", "is negative");
    for (auto* const time : {&o.beacon_interval, &o.beacon_cap, &o.dormant_after, &o.settle_time})
        *time = bounded(*time);
    return o;
}

} // namespace detail
} // namespace hubbub
