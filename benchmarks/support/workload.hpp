// SPDX-License-Identifier: MIT
#pragma once

#include "message.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace bench {

using steady = std::chrono::steady_clock;

/// What one run carries, by whatever means.
///
/// Messages go out in chunks of one size. At most `window` chunks are under way, so that no queue
/// grows without bound and none runs dry. The first window is not timed.
struct workload {
    std::size_t payload = 32;
    std::size_t subscribers = 1;
    /// How many messages are timed, in whole chunks; 0: as many as go in time.
    std::uint64_t messages = 0;
    std::chrono::duration<double> time{0.1};

    std::uint64_t chunk() const noexcept {
        auto const of_bytes = std::clamp<std::size_t>((std::size_t{64} << 10) / payload, 1, 512);
        return std::max(of_bytes / subscribers, std::min<std::size_t>(of_bytes, 16));
    }

    /// 16 MiB at most: Redis cuts a subscriber off that is 32 MiB behind.
    std::uint64_t window() const noexcept {
        return std::clamp<std::uint64_t>(most_payload / (chunk() * payload), 1, 8);
    }
};

/// Says how many chunks go out.
class pace {
public:
    explicit pace(workload const& w) : work_(w) {}

    /// Asked before each chunk.
    bool goes_on() {
        if (chunks_ == work_.window())
            deadline_ = steady::now() + std::chrono::duration_cast<steady::duration>(work_.time);
        // One timed chunk there must be.
        bool const more =
            chunks_ <= work_.window() ||
            (work_.messages > 0 ? (chunks_ - work_.window()) * work_.chunk() < work_.messages
                                : steady::now() < deadline_);
        chunks_ += more ? 1 : 0;
        return more;
    }

private:
    workload work_;
    std::uint64_t chunks_ = 0;
    steady::time_point deadline_ = steady::time_point::max();
};

} // namespace bench
