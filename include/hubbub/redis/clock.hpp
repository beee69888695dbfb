// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <utility>

namespace hubbub::redis {

using clock = std::chrono::steady_clock;
using time_point = clock::time_point;

/// A timer that comes later than this was held up by its own executor: what came meanwhile is read
/// before a link is judged.
constexpr std::chrono::milliseconds lateness{100};

/// A link that is behind answers late, since the answer stands behind what it has not read yet:
/// while something comes it is waited for this many times as long. Redis itself cuts off who is
/// behind for so long (client-output-buffer-limit, 60 s by default).
constexpr int patience = 12;

/// Whether a deadline has passed. The first time that this is asked too late it is put off.
inline bool has_passed(time_point& deadline, time_point now, bool& excused) noexcept {
    if (now < deadline)
        return false;
    if (now - deadline <= lateness || std::exchange(excused, true))
        return true;
    deadline = now + lateness;
    return false;
}

} // namespace hubbub::redis
