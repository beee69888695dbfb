// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>

namespace hubbub::detail {

/// The longest that anything waits: what is longer means never, and would be the past if it were
/// added to a time.
constexpr std::chrono::hours longest_wait{24 * 365};

/// wait, from none to the longest.
template <class Rep, class Period>
constexpr auto bounded(std::chrono::duration<Rep, Period> wait) {
    using duration = std::chrono::duration<Rep, Period>;
    return std::clamp<duration>(wait, duration::zero(), longest_wait);
}

} // namespace hubbub::detail
