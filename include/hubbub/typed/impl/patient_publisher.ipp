// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/completion.hpp>
#include <hubbub/error.hpp>
#include <hubbub/flow/queue_load.hpp>
#include <hubbub/limits.hpp>
#include <hubbub/typed/patient_publisher.hpp>

#include <asio/cancellation_type.hpp>
#include <asio/error.hpp>

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

namespace hubbub::detail {

struct patient_publisher::operation {
    operation(asio::any_io_executor const& executor, std::string t, std::chrono::milliseconds p,
              outgoing_message m, publish_completion d)
        : topic(std::move(t)), patience(p), message(std::move(m)), done(executor, std::move(d)) {}

    message_view view() const noexcept { return message.view(topic); }
    std::size_t bytes() const noexcept { return topic.size() + message.bytes.size(); }

    std::string const topic;
    std::chrono::milliseconds const patience; // max: for ever
    outgoing_message const message;
    first_completion<std::error_code, receiver_count> done;
    bool counted = false; // as waiting
    bool held = false;    // of the budget
    bool taken = false;   // by the transport
    std::optional<timer> deadline;
    std::error_code given_up; // while it was being attempted
};

HUBBUB_DECL
patient_publisher::patient_publisher(std::shared_ptr<transport_interface> const& transport,
                                     std::shared_ptr<bus_report> report)
    : transport_(transport), limits_(transport->limits()), report_(std::move(report)),
      time_(report_->executor()) {}

HUBBUB_DECL void patient_publisher::publish(std::string topic, outgoing_message message,
                                            std::chrono::milliseconds at_most,
                                            publish_completion done, cancel_hook const& on_cancel) {
    auto const o = std::make_shared<operation>(report_->executor(), std::move(topic), at_most,
                                               std::move(message), std::move(done));
    std::unique_lock lock(mutex_);
    bool const first = waiting_.empty() && !attempting_;
    auto refused = closed_;
    if (!refused && !first && !may_wait(*o))
        refused = errc::queue_full;
    if (refused) {
        lock.unlock();
        return refuse(*o, refused);
    }
    if (!first) {
        waiting_.push_back(o);
        begin_to_wait(o);
    }
    on_cancel.call([weak = weak_from_this(), of = std::weak_ptr(o)] {
        auto const self = weak.lock();
        if (auto const present = of.lock(); self && present)
            self->give_up(present, asio::error::operation_aborted);
    });
    if (first)
        attempt(lock, o);
}

HUBBUB_DECL void patient_publisher::close(std::error_code error) {
    std::deque<operation_ptr> ended;
    {
        std::lock_guard const lock(mutex_);
        closed_ = error;
        report_->refuses = true;
        ended.swap(waiting_);
        awaited_.reset();
        for (auto const& o : ended)
            leave(*o);
    }
    for (auto const& o : ended)
        refuse(*o, error);
}

HUBBUB_DECL std::error_code patient_publisher::refusal() const {
    std::lock_guard const lock(mutex_);
    if (closed_)
        return closed_;
    return report_->publishes_waiting > 0 ? make_error_code(errc::queue_full) : std::error_code();
}

/// Whether one more may wait. All together are bounded as the queue is; the first may, always.
HUBBUB_DECL bool patient_publisher::may_wait(operation& o) {
    queue_load const load{waiting_.size(), report_->bytes_waiting};
    return load.has_room(o.bytes(), limits_.max_queue_messages, limits_.max_queue_bytes) &&
           try_hold(o);
}

HUBBUB_DECL bool patient_publisher::try_hold(operation& o) {
    if (!limits_.budget || o.held)
        return true;
    o.held = limits_.budget->try_hold(o.bytes());
    return o.held;
}

HUBBUB_DECL void patient_publisher::begin_to_wait(operation_ptr const& o) {
    if (std::exchange(o->counted, true))
        return; // it was put back before
    ++report_->publishes_waiting;
    report_->refuses = true;
    report_->bytes_waiting += o->bytes();
    try_hold(*o); // the first may wait without
    if (o->patience == std::chrono::milliseconds::max())
        return;
    o->deadline.emplace(report_->executor(), time_);
    o->deadline->expires_after(o->patience);
    o->deadline->async_wait(
        [weak = weak_from_this(), of = std::weak_ptr(o)](std::error_code error) {
            auto const self = weak.lock();
            if (auto const present = of.lock(); !error && self && present)
                self->give_up(present, errc::timed_out);
        });
}

HUBBUB_DECL void patient_publisher::give_up(operation_ptr const& o, std::error_code why) {
    std::unique_lock lock(mutex_);
    auto const at = std::find(waiting_.begin(), waiting_.end(), o);
    if (at == waiting_.end()) {
        if (o->given_up != asio::error::operation_aborted)
            o->given_up = why;
        return end_if_cancelled(*o);
    }
    waiting_.erase(at);
    leave(*o);
    if (waiting_.empty())
        awaited_.reset();
    lock.unlock();
    refuse(*o, why);
    lock.lock();
    // There may be room for the one behind it, if that is smaller.
    if (!attempting_ && !waiting_.empty() && awaited_ && waiting_.front()->bytes() < *awaited_)
        attempt(lock, take_front());
}

/// Completes a cancelled publish that the transport has taken: it may be on its way.
HUBBUB_DECL void patient_publisher::end_if_cancelled(operation& o) {
    if (o.taken && o.given_up == asio::error::operation_aborted)
        o.done(errc::outcome_unknown, {}); // which posts
}

HUBBUB_DECL patient_publisher::operation_ptr patient_publisher::take_front() {
    if (waiting_.empty())
        return nullptr;
    auto front = std::move(waiting_.front());
    waiting_.pop_front();
    return front;
}

/// Publishes next, and those at the front after it, until one finds no room. What a publish
/// throws, since there is no memory or an object cannot be copied, ends that one alone: its
/// handler goes unused.
HUBBUB_DECL void patient_publisher::attempt(std::unique_lock<std::mutex>& lock,
                                            operation_ptr next) {
    attempting_ = true;
    try {
        publish_all(lock, next);
    } catch (...) {
        if (!lock.owns_lock())
            lock.lock();
        leave(*next);
        attempting_ = false;
        wait_for_room();
        throw;
    }
    attempting_ = false;
    wait_for_room();
}

HUBBUB_DECL void patient_publisher::publish_all(std::unique_lock<std::mutex>& lock,
                                                operation_ptr& next) {
    for (; next; next = take_front()) {
        lock.unlock();
        bool const full = !publish_now(next);
        lock.lock();
        auto const why = closed_ ? closed_ : next->given_up;
        if (full && !why) {
            begin_to_wait(next);
            waiting_.push_front(std::move(next));
            break;
        }
        leave(*next);
        next->taken = !full;
        end_if_cancelled(*next);
        if (full) {
            lock.unlock();
            refuse(*next, why);
            lock.lock();
        }
    }
}

/// False if there was no room.
HUBBUB_DECL bool patient_publisher::publish_now(operation_ptr const& o) {
    // A refusal for lack of room is answered too, perhaps before it is known here that it was
    // refused; and what was accepted may find no room further on.
    enum class fate { open, accepted, in_vain, no_room };
    auto const transport = transport_.lock();
    if (!transport) { // the bus has ended, and closed this
        refuse(*o, errc::closed);
        return true;
    }
    auto const known = std::make_shared<std::atomic<fate>>(fate::open);
    auto answer = [o, known](std::error_code error, receiver_count servers) {
        if (error != errc::queue_full || known->exchange(fate::no_room) == fate::accepted)
            o->done(error, servers);
    };
    auto message = o->view();
    message.counted = accounting::attempt;
    auto const bytes = message.payload.size();
    std::error_code const refused =
        transport->publish(message, {report_->executor(), std::move(answer)});
    bool const full = refused == errc::queue_full;
    if (known->exchange(full ? fate::in_vain : fate::accepted) == fate::no_room && !full)
        o->done(errc::queue_full, {});
    if (!full)
        report_->on_publish(o->topic, bytes, refused);
    return !full;
}

/// The handler that the transport calls when there is room. It is not wanted any more when the
/// publish that waited gave up, or a later wait is for less.
struct patient_publisher::room_handler {
    std::weak_ptr<patient_publisher> publisher;
    std::weak_ptr<std::size_t const> wait;

    bool is_wanted() const noexcept { return !wait.expired(); }

    void operator()(std::error_code error) const {
        auto const self = publisher.lock();
        if (self && error)
            self->close(error);
        else if (self)
            self->on_room(wait.lock());
    }
};

/// Asks the transport to tell when there is room for the front.
HUBBUB_DECL void patient_publisher::wait_for_room() {
    if (waiting_.empty())
        return awaited_.reset();
    auto const bytes = waiting_.front()->bytes();
    if (awaited_ && *awaited_ <= bytes)
        return; // that is told before
    awaited_ = std::make_shared<std::size_t const>(bytes);
    room_handler told{weak_from_this(), awaited_};
    if (auto const transport = transport_.lock())
        transport->wait_for_room(bytes, {report_->executor(), std::move(told)});
}

HUBBUB_DECL void patient_publisher::on_room(std::shared_ptr<std::size_t const> const& wait) {
    std::unique_lock lock(mutex_);
    if (!wait || wait != awaited_)
        return;
    awaited_.reset();
    if (!attempting_)
        attempt(lock, take_front());
}

HUBBUB_DECL void patient_publisher::leave(operation& o) {
    o.deadline.reset();
    if (!std::exchange(o.counted, false))
        return;
    report_->refuses = --report_->publishes_waiting > 0 || closed_;
    report_->bytes_waiting -= o.bytes();
    if (std::exchange(o.held, false))
        limits_.budget->release(o.bytes());
}

/// Without the lock, since the trace is told.
HUBBUB_DECL void patient_publisher::refuse(operation& o, std::error_code error) {
    auto const bytes = o.view().payload.size();
    report_->refused_here.add();
    o.done(error, {});
    report_->on_publish(o.topic, bytes, error);
}

} // namespace hubbub::detail
