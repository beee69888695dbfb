// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/flow/publish_ledger.hpp>
#include <hubbub/statistics.hpp>

#include <cstdint>

namespace hubbub::detail {

/// The counters of `sequenced` itself. From any thread.
struct sequence_ledger {
    counter frame_bytes; // numbers before payloads, and not these
    counter refused;     // not by the transport below
    counter malformed;
    counter lost;
    counter gaps;
    counter duplicates;

    /// Makes of the statistics of the transport below those of what users published. frames: what
    /// frame_bytes was before those were read, which may have been of more messages since.
    void add_to(statistics& s, std::uint64_t frames) const;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/sequenced/impl/ledger.ipp>
#endif
