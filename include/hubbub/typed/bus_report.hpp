// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/event.hpp>
#include <hubbub/flow/drop_notice.hpp>
#include <hubbub/flow/publish_ledger.hpp>
#include <hubbub/flow/room.hpp>
#include <hubbub/statistics.hpp>
#include <hubbub/typed/tracing.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <system_error>
#include <utility>

namespace hubbub::detail {

/// What a bus counts and tells: its own half of the statistics, and its observer. Its subscriptions
/// share it, and may outlive the bus. Any thread.
class bus_report : public std::enable_shared_from_this<bus_report> {
public:
    explicit bus_report(asio::any_io_executor executor) : executor_(std::move(executor)) {}
    bus_report(bus_report const&) = delete;
    bus_report& operator=(bus_report const&) = delete;
    virtual ~bus_report() = default;

    void on_event(observer o) {
        auto replacement = o ? std::make_shared<observer>(std::move(o)) : nullptr;
        std::lock_guard const lock(mutex_);
        observer_.swap(replacement);
    }

    virtual void notify(event const& e) {
        std::shared_ptr<observer> present;
        {
            std::lock_guard const lock(mutex_);
            present = observer_;
        }
        if (present)
            (*present)(e);
    }

    /// A publish was accepted, or refused.
    virtual void on_publish(std::string_view /*topic*/, std::size_t /*bytes*/,
                            std::error_code /*refused*/) {}

    /// A message fell out of a queue.
    void drop(counter& reason, std::string_view topic) {
        reason.add();
        drops_.add(executor_, topic,
                   [self = shared_from_this()](event const& e) { self->notify(e); });
    }

    asio::any_io_executor const& executor() const noexcept { return executor_; }

    /// A sink begins to work off its queue, and has come to its end.
    void begin_work() noexcept { ++working_; }
    void end_work() {
        if (--working_ == 0)
            end_waiting_until_idle({});
    }

    /// Completes done when no sink works off a queue.
    void wait_until_idle(completion<std::error_code> done) {
        std::lock_guard const lock(mutex_);
        idle_.add(0, std::move(done));
        if (working_ == 0)
            idle_.close({});
    }

    /// Ends those who wait for that.
    void end_waiting_until_idle(std::error_code error) {
        std::lock_guard const lock(mutex_);
        idle_.close(error);
    }

    /// Adds what the bus counts to what its transport does.
    void add_to(statistics& s) const noexcept {
        auto const waiting = publishes_waiting.load();
        auto const refused = refused_here.get();
        s.published += refused + waiting;
        s.refused += refused;
        s.queued += waiting;
        s.queued_bytes += bytes_waiting;
        s.delivered = delivered.get();
        s.malformed += malformed.get();
        s.failed = failed.get();
        s.dropped_oldest = dropped_oldest.get();
        s.dropped_newest = dropped_newest.get();
        s.superseded = superseded.get();
        s.abandoned = abandoned.get();
        s.disconnected = disconnected.get();
        s.pending = pending;
        s.pending_bytes = pending_bytes;
        s.pending_peak = depth.messages();
        s.pending_bytes_peak = depth.bytes();
        s.received = s.delivered + s.malformed + s.failed + s.dropped_oldest + s.dropped_newest +
                     s.superseded + s.abandoned + s.pending;
        s.received_bytes = received_bytes.get();
    }

    /// Publishes that the transport never saw.
    counter refused_here;
    std::atomic<std::uint64_t> publishes_waiting = 0;
    std::atomic<std::uint64_t> bytes_waiting = 0;

    counter received_bytes;
    counter delivered;
    counter malformed;
    counter failed;
    counter dropped_oldest;
    counter dropped_newest;
    counter superseded;
    counter abandoned;
    counter disconnected;
    std::atomic<std::uint64_t> pending = 0;
    std::atomic<std::uint64_t> pending_bytes = 0;
    high_water depth;

private:
    asio::any_io_executor const executor_;
    drop_notice drops_;
    std::atomic<std::size_t> working_ = 0;
    mutable std::mutex mutex_; // guards what follows
    std::shared_ptr<observer> observer_;
    room_waiters idle_;
};

/// One with the trace of a bus.
template <class Trace>
class traced_report final : public bus_report {
public:
    traced_report(asio::any_io_executor executor, Trace t)
        : bus_report(std::move(executor)), trace(std::move(t)) {}

    void notify(event const& e) override {
        if constexpr (traces_events<Trace>)
            trace.on_event(e);
        bus_report::notify(e);
    }

    void on_publish(std::string_view topic, std::size_t bytes, std::error_code refused) override {
        if constexpr (traces_publish<Trace>)
            trace.on_publish(topic, bytes, refused);
    }

    [[no_unique_address]] Trace trace;
};

} // namespace hubbub::detail
