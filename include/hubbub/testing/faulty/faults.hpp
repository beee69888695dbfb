// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/bounded.hpp>
#include <hubbub/base/option_check.hpp>
#include <hubbub/limits.hpp>
#include <hubbub/transport.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace hubbub::testing {

/// A time drawn anew on each occasion, all between the bounds alike.
struct random_time {
    std::chrono::microseconds min{0};
    std::chrono::microseconds max{0};
};

/// Says what a `faulty` transport does to its messages, and how often; by default nothing.
///
/// Probabilities are from 0 to 1, and for each message that comes to this transport. Over another
/// transport's several filters a message comes several times, as on Redis.
struct faults {
    /// The same seed makes the same faults. Each transport of a test gets one of its own.
    std::uint64_t seed = 1;

    /// That it is lost on the way.
    double drop = 0;
    /// That it comes once more.
    double duplicate = 0;
    /// That it does not keep its place, but comes later by reorder_delay.
    double reorder = 0;
    random_time reorder_delay{std::chrono::milliseconds(1), std::chrono::milliseconds(10)};
    /// How long it takes: on its way out of here, and on its way in. Messages of a topic keep their
    /// order all the same.
    random_time delay = {};

    /// How long the link stays up between cuts, on average. Zero: it is cut by hand alone.
    std::chrono::microseconds mean_time_between_cuts{0};
    random_time cut_length{std::chrono::milliseconds(100), std::chrono::seconds(1)};

    /// They bound what was published and is not confirmed yet. Not above those of the transport
    /// below, whose budget applies. While the link is cut it is kept (outage_policy::keep).
    message_limits limits = {};

    /// How many lines of its history the transport keeps.
    std::size_t log_lines = 10'000;
};

/// How often each fault has been.
struct fault_counts {
    /// Messages that came from below, lost ones too.
    std::uint64_t arrived = 0;
    std::uint64_t dropped = 0;
    std::uint64_t duplicated = 0;
    std::uint64_t reordered = 0;
    std::uint64_t cuts = 0;
    /// Messages lost since they came while the link was cut, or were on their way in then.
    std::uint64_t cut_off = 0;
    /// Publishes on their way out when the link was cut: those that came through, and those that
    /// did not. Either way their outcome is unknown to who published.
    std::uint64_t came_through = 0;
    std::uint64_t stuck = 0;
};

namespace detail {

/// Errors: throws std::invalid_argument, which names the option.
inline faults checked(faults f) {
    hubbub::detail::option_check const check("faults");
    auto const probability = [&](double p, char const* name) {
        check.require(p >= 0 && p <= 1, name, "is no probability from 0 to 1");
    };
    auto const time = [&](random_time const& t, char const* name) {
        check.require(t.min.count() >= 0 && t.min <= t.max, name,
                      "must not be negative, and not have its max below its min");
    };
    probability(f.drop, "drop");
    probability(f.duplicate, "duplicate");
    probability(f.reorder, "reorder");
    time(f.reorder_delay, "reorder_delay");
    time(f.delay, "delay");
    time(f.cut_length, "cut_length");
    check.require(f.mean_time_between_cuts.count() >= 0, "mean_time_between_cuts", "is negative");
    check.require(f.limits.while_down == outage_policy::keep, "limits.while_down",
                  "is not keep, which alone there is; try another policy on the transport itself");
    check.require(!f.limits.budget, "limits.budget", "is given; give it to the transport below");
    using hubbub::detail::bounded; // longer means never
    for (auto* const t : {&f.reorder_delay, &f.delay, &f.cut_length})
        *t = {bounded(t->min), bounded(t->max)};
    f.mean_time_between_cuts = bounded(f.mean_time_between_cuts);
    return f;
}

} // namespace detail
} // namespace hubbub::testing
