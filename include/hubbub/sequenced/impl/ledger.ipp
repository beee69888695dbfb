// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/sequenced/ledger.hpp>

#include <algorithm>
#include <cstdint>

namespace hubbub::detail {

HUBBUB_DECL void sequence_ledger::add_to(statistics& s, std::uint64_t frames) const {
    s.published_bytes -= std::min(s.published_bytes, frames);
    s.published += refused.get();
    s.refused += refused.get();
    s.malformed += malformed.get();
    s.lost += lost.get();
    s.gaps += gaps.get();
    s.duplicates += duplicates.get();
}

} // namespace hubbub::detail
