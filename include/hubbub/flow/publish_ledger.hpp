// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/error.hpp>
#include <hubbub/event.hpp>
#include <hubbub/flow/counter.hpp>
#include <hubbub/statistics.hpp>

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <system_error>

namespace hubbub::detail {

/// The publishing half of the statistics, as every transport keeps it. What is queued follows from
/// the rest.
struct publish_ledger {
    using clock = std::chrono::steady_clock;

    /// A publish begins.
    void begin(accounting a) noexcept { count(published, a); }

    /// It was refused at once.
    void refuse(accounting a, std::error_code why) noexcept {
        if (a == accounting::attempt && why == errc::queue_full)
            published.take_back();
        else
            count(refused, a);
    }

    /// It was accepted, and ended so.
    void end(accounting a, std::error_code outcome) noexcept {
        count(!outcome                           ? confirmed
              : outcome == errc::outcome_unknown ? unknown
              : outcome == errc::closed          ? discarded
                                                 : refused,
              a);
    }

    static void count(counter& what, accounting a, std::uint64_t n = 1) noexcept {
        if (a != accounting::none)
            what.add(n);
    }

    counter published;
    counter refused;
    counter confirmed;
    counter unknown;
    counter discarded;
    counter displaced;
    counter payload_bytes;
    counter dropped;
    counter cut_offs;

    void link_fell(clock::time_point now) noexcept;
    void link_returned(clock::time_point now) noexcept;
    /// The link was closed, or failed for good: from now on it is not down, but gone.
    void link_ended(clock::time_point now) noexcept;

    /// The same by what a transport tells, for one that stands over it.
    void follow(event const& e, clock::time_point now) noexcept;

    statistics read(clock::time_point now = clock::now()) const noexcept;

private:
    void end_outage(clock::time_point now) noexcept;

    mutable std::mutex mutex_; // guards what follows, which goes together
    std::uint64_t link_losses_ = 0;
    std::uint64_t reconnects_ = 0;
    clock::duration time_down_{};
    std::optional<clock::time_point> fell_at_; // while it is down
    bool link_ended_ = false;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/flow/impl/publish_ledger.ipp>
#endif
