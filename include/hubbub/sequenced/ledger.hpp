// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/flow/publish_ledger.hpp>
#include <hubbub/statistics.hpp>

#include <algorithm>
#include <cstdint>

namespace hubbub::detail {

/// What `sequenced` counts itself. From any thread.
struct sequence_ledger {
    counter frame_bytes; // numbers before payloads, and not these
    counter refused;     // not by the transport below
    counter malformed;
    counter lost;
    counter gaps;
    counter duplicates;

    /// Makes of the statistics of the transport below those of what users published. frames: what
    /// frame_bytes was before those were read, which may have been of more messages since.
    void add_to(statistics& s, std::uint64_t frames) const {
        s.published_bytes -= std::min(s.published_bytes, frames);
        s.published += refused.get();
        s.refused += refused.get();
        s.malformed += malformed.get();
        s.lost += lost.get();
        s.gaps += gaps.get();
        s.duplicates += duplicates.get();
    }
};

} // namespace hubbub::detail
