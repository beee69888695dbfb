// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/error.hpp>
#include <hubbub/event.hpp>
#include <hubbub/statistics.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>
#include <variant>

namespace hubbub::detail {

/// A count that any thread adds to and any thread reads.
class counter {
public:
    void add(std::uint64_t n = 1) noexcept { value_.fetch_add(n, std::memory_order_relaxed); }
    void take_back() noexcept { value_.fetch_sub(1, std::memory_order_relaxed); }
    std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_ = 0;
};

/// The most that was in a queue at once. Any thread.
class high_water {
public:
    void raise(std::size_t messages, std::size_t bytes) noexcept {
        raise(messages_, messages);
        raise(bytes_, bytes);
    }
    std::size_t messages() const noexcept { return messages_.load(std::memory_order_relaxed); }
    std::size_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }

private:
    static void raise(std::atomic<std::size_t>& mark, std::size_t to) noexcept {
        auto seen = mark.load(std::memory_order_relaxed);
        while (seen < to && !mark.compare_exchange_weak(seen, to, std::memory_order_relaxed)) {
        }
    }

    std::atomic<std::size_t> messages_ = 0;
    std::atomic<std::size_t> bytes_ = 0;
};

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

    void link_fell(clock::time_point now) noexcept {
        std::lock_guard const lock(mutex_);
        ++link_losses_;
        if (!link_ended_)
            fell_at_ = now;
    }
    void link_returned(clock::time_point now) noexcept {
        std::lock_guard const lock(mutex_);
        ++reconnects_;
        end_outage(now);
    }
    /// The link was closed, or failed for good: from now on it is not down, but gone.
    void link_ended(clock::time_point now) noexcept {
        std::lock_guard const lock(mutex_);
        link_ended_ = true;
        end_outage(now);
    }

    /// The same by what a transport tells, for one that stands over it.
    void follow(event const& e, clock::time_point now) noexcept {
        if (std::holds_alternative<link_lost>(e))
            link_fell(now);
        if (auto const* const whole = std::get_if<link_whole>(&e); whole && whole->away.count() > 0)
            link_returned(now);
        if (std::holds_alternative<link_failed>(e))
            link_ended(now);
    }

    statistics read(clock::time_point now = clock::now()) const noexcept {
        statistics s;
        // What ends a message is read before what begins it, so that queued is never negative.
        s.refused = refused.get();
        s.confirmed = confirmed.get();
        s.unknown = unknown.get();
        s.discarded = discarded.get();
        s.displaced = displaced.get();
        s.published = published.get();
        s.queued = s.published - s.refused - s.confirmed - s.unknown - s.discarded - s.displaced;
        s.published_bytes = payload_bytes.get();
        s.dropped = dropped.get();
        s.cut_offs = cut_offs.get();
        std::lock_guard const lock(mutex_);
        s.link_losses = link_losses_;
        s.reconnects = reconnects_;
        auto const down = fell_at_ ? time_down_ + (now - *fell_at_) : time_down_;
        s.time_down = std::chrono::duration_cast<std::chrono::milliseconds>(down);
        return s;
    }

private:
    void end_outage(clock::time_point now) noexcept {
        if (auto const fell = std::exchange(fell_at_, std::nullopt))
            time_down_ += now - *fell;
    }

    mutable std::mutex mutex_; // guards what follows, which goes together
    std::uint64_t link_losses_ = 0;
    std::uint64_t reconnects_ = 0;
    clock::duration time_down_{};
    std::optional<clock::time_point> fell_at_; // while it is down
    bool link_ended_ = false;
};

} // namespace hubbub::detail
