// SPDX-License-Identifier: MIT
#pragma once

#include "audience.hpp"

#include <chrono>
#include <cstdint>
#include <vector>

#include <sys/resource.h>

namespace bench {

/// What a stream of messages took.
struct stream_result {
    std::uint64_t messages = 0;
    double seconds = 0;
    /// User and system time of this process, for one message.
    double cpu_seconds = 0;
};

/// What each round trip took, in seconds.
using round_trips = std::vector<double>;

/// The processor time of a run.
class cpu_clock {
public:
    double seconds() const { return used() - begin_; }

private:
    static double used() {
        rusage usage{};
        getrusage(RUSAGE_SELF, &usage);
        auto const seconds = [](timeval const& t) {
            return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
        };
        return seconds(usage.ru_utime) + seconds(usage.ru_stime);
    }

    double begin_ = used();
};

/// Of a run that has ended. Errors: throws failure if anything was lost.
inline stream_result result_of(audience const& heard, std::uint64_t sent, cpu_clock const& cpu) {
    auto const cpu_seconds = cpu.seconds();
    heard.verify(sent);
    return {heard.timed_messages(), heard.seconds(), cpu_seconds / static_cast<double>(sent)};
}

} // namespace bench
