// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/statistics.hpp>

#include <atomic>
#include <cstdint>

namespace hubbub::detail {

/// A count that any thread adds to and any thread reads.
class counter {
public:
    void add(std::uint64_t n = 1) noexcept { value_.fetch_add(n, std::memory_order_relaxed); }
    std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_ = 0;
};

/// The publishing half of the statistics, as every transport keeps it. What is queued follows from
/// the rest.
struct publish_ledger {
    counter published;
    counter refused;
    counter confirmed;
    counter unknown;
    counter discarded;
    counter dropped;
    counter link_losses;

    statistics read() const noexcept {
        statistics s;
        // What ends a message is read before what begins it, so that queued is never negative.
        s.refused = refused.get();
        s.confirmed = confirmed.get();
        s.unknown = unknown.get();
        s.discarded = discarded.get();
        s.published = published.get();
        s.queued = s.published - s.refused - s.confirmed - s.unknown - s.discarded;
        s.dropped = dropped.get();
        s.link_losses = link_losses.get();
        return s;
    }
};

} // namespace hubbub::detail
