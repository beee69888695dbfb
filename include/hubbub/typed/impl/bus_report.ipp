// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/typed/bus_report.hpp>

#include <exception>

namespace hubbub::detail {

HUBBUB_DECL bus_report::bus_report(asio::any_io_executor executor,
                                   std::shared_ptr<trace_interface> trace)
    : executor_(std::move(executor)), trace_(std::move(trace)),
      tells_publish_(trace_ && trace_->tells_publish()) {}

HUBBUB_DECL bus_report::~bus_report() = default;

HUBBUB_DECL void bus_report::set_observer(observer o) {
    auto replacement = o ? std::make_shared<observer>(std::move(o)) : nullptr;
    std::lock_guard const lock(mutex_);
    observer_.swap(replacement);
}

HUBBUB_DECL void bus_report::notify(event const& e) {
    if (trace_)
        trace_->on_event(e);
    std::shared_ptr<observer> present;
    {
        std::lock_guard const lock(mutex_);
        present = observer_;
    }
    if (present)
        (*present)(e);
}

HUBBUB_DECL void bus_report::on_publish(std::string_view topic, std::size_t bytes,
                                        std::error_code refused) {
    if (trace_)
        trace_->on_publish(topic, bytes, refused);
}

HUBBUB_DECL void bus_report::on_delivery(std::string_view topic, std::size_t bytes,
                                         std::size_t sinks) {
    if (trace_)
        trace_->on_delivery(topic, bytes, sinks);
}

HUBBUB_DECL void bus_report::sink_threw(std::string_view topic) {
    failed.add();
    notify(event(std::in_place_type<sink_failed>, topic, std::current_exception()));
}

HUBBUB_DECL void bus_report::drop(counter& reason, std::string_view topic) {
    reason.add();
    drops_.add(executor_, topic, shared_from_this());
}

HUBBUB_DECL void bus_report::end_work() {
    if (--working_ == 0)
        end_waiting_until_idle({});
}

HUBBUB_DECL void bus_report::wait_until_idle(completion<std::error_code> done) {
    std::lock_guard const lock(mutex_);
    if (idle_ended_)
        return done(idle_ended_);
    idle_.add(0, std::move(done));
    if (working_ == 0)
        idle_.close({});
}

HUBBUB_DECL void bus_report::end_waiting_until_idle(std::error_code error) {
    std::lock_guard const lock(mutex_);
    idle_ended_ = error;
    idle_.close(error);
}

HUBBUB_DECL void bus_report::add_to(statistics& s) const noexcept {
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

} // namespace hubbub::detail
