// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/shared_list.hpp>
#include <hubbub/error.hpp>
#include <hubbub/flow/batch_queue.hpp>
#include <hubbub/flow/drop_notice.hpp>
#include <hubbub/flow/limits.hpp>
#include <hubbub/flow/observers.hpp>
#include <hubbub/flow/publish_ledger.hpp>
#include <hubbub/flow/topic_table.hpp>
#include <hubbub/transport.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace hubbub::detail {

/// A message that outlives the publish it came by.
class kept_message {
public:
    explicit kept_message(message_view const& message)
        : topic_(message.topic), payload_(message.payload), counted_(message.counted) {
        if (message.object) {
            object_ = message.object.keep();
            view_ = message.object.kept_by(object_);
        }
    }
    kept_message(kept_message const&) = delete; // the view knows where object_ is
    kept_message& operator=(kept_message const&) = delete;

    message_view view() const noexcept { return {topic_, payload_, view_, counted_}; }
    accounting counted() const noexcept { return counted_; }
    std::size_t bytes() const noexcept { return topic_.size() + payload_.size(); }

private:
    std::string topic_;
    std::string payload_;
    std::shared_ptr<void const> object_;
    object_view view_;
    accounting counted_;
};

using shared_message = std::shared_ptr<kept_message const>;

/// Has several things done of which each may throw: goes on, and throws what the first one threw.
class first_exception {
public:
    template <class F>
    void keep_of(F f) noexcept {
        try {
            f();
        } catch (...) {
            if (!first_)
                first_ = std::current_exception();
        }
    }

    void rethrow() const {
        if (first_)
            std::rethrow_exception(first_);
    }

private:
    std::exception_ptr first_;
};

class local_endpoint;

/// What the endpoints of one local_broker share.
class local_exchange {
public:
    using endpoints = shared_list<std::shared_ptr<local_endpoint>>;

    void attach(std::shared_ptr<local_endpoint> endpoint) {
        std::unique_lock const lock(mutex_);
        endpoints_.write([&](auto& list) { list.push_back(std::move(endpoint)); });
    }

    void detach(local_endpoint const& endpoint) {
        std::shared_ptr<local_endpoint> detached; // destroyed after the lock
        std::unique_lock const lock(mutex_);
        endpoints_.write([&](auto& list) {
            auto const at = std::find_if(list.begin(), list.end(),
                                         [&](auto const& e) { return e.get() == &endpoint; });
            if (at == list.end())
                return;
            detached = std::move(*at);
            list.erase(at);
        });
    }

    /// Gives message to all endpoints that want it; returns how many did.
    std::size_t route(message_view const& message, shared_message kept);

private:
    endpoints::snapshot read() const {
        std::shared_lock const lock(mutex_);
        return endpoints_.read();
    }

    mutable std::shared_mutex mutex_; // guards endpoints_
    endpoints endpoints_;
    /// Held while a message is queued for all that want it, so that all agree on the order. Never
    /// held while sinks run.
    std::mutex order_;
};

/// One local_transport's place at the exchange; it outlives the transport while messages are under
/// way. All functions may be called from any thread.
class local_endpoint : public std::enable_shared_from_this<local_endpoint> {
public:
    local_endpoint(asio::any_io_executor executor, std::shared_ptr<local_exchange> exchange,
                   message_limits const& limits, bool inline_delivery)
        : executor_(asio::make_strand(std::move(executor))), exchange_(std::move(exchange)),
          limits_(limits), inline_(inline_delivery),
          outbox_(limits.max_queue_bytes, limits.max_queue_messages, limits.budget),
          inbox_(limits.max_queue_bytes, limits.max_queue_messages, limits.budget) {}

    asio::any_io_executor const& executor() const noexcept { return executor_; }
    bool closed() const noexcept { return closed_.load(std::memory_order_acquire); }
    observers& listeners() noexcept { return observers_; }

    statistics read_statistics() const {
        auto s = ledger_.read();
        s.queued_bytes = outbox_.bytes();
        auto const peak = outbox_.peak();
        s.queued_peak = peak.entries;
        s.queued_bytes_peak = peak.bytes;
        return s;
    }

    message_limits const& limits() const noexcept { return limits_; }

    std::error_code publish(message_view const& message, publish_completion done) {
        ledger_.begin(message.counted);
        auto error = closed() || draining_ ? errc::closed : check_message(limits_, message);
        if (!error)
            error = inline_ ? publish_inline(message, done) : publish_queued(message, done);
        if (error) {
            ledger_.refuse(message.counted, error);
            done(error, 0);
        }
        return error;
    }

    void wait_for_room(std::size_t bytes, completion<std::error_code> done) {
        if (closed() || draining_)
            return done(errc::closed);
        outbox_.wait_for_room(bytes, std::move(done));
    }

    void drain(completion<std::error_code> done) {
        draining_ = true;
        outbox_.end_waiting_for_room(errc::closed);
        if (closed())
            return done(errc::closed);
        outbox_.wait_until_idle({executor_, [weak = weak_from_this(),
                                             done = std::move(done)](std::error_code e) mutable {
                                     auto const self = weak.lock();
                                     if (e || !self || self->closed())
                                         return done(e ? e : errc::closed);
                                     self->inbox_.wait_until_idle(std::move(done));
                                 }});
    }

    std::error_code subscribe(interest const& what, std::shared_ptr<sink> const& s,
                              subscribe_completion done) {
        std::error_code const error = closed() ? errc::closed : check_name(limits_, what.name);
        if (!error)
            table_.add(what, s);
        done(error);
        return error;
    }

    void unsubscribe(interest const& what, sink const& s) { table_.remove(what, s); }

    void close() {
        if (closed_.exchange(true))
            return;
        exchange_->detach(*this);
        outbox_.end_waiting(errc::closed);
        inbox_.end_waiting(errc::closed);
        for (auto& entry : outbox_.take()) {
            ledger_.end(entry.message->counted(), errc::closed);
            entry.done(errc::closed, 0);
        }
        inbox_.take();
    }

    // What follows is for the exchange.

    bool delivers_inline() const noexcept { return inline_; }
    bool wants(std::string_view topic) const { return table_.wants(topic); }
    bool deliver(message_view const& message) const { return table_.deliver_matching(message); }

    void receive(shared_message message) {
        auto const bytes = message->bytes();
        switch (inbox_.push(message, bytes)) {
        case decltype(inbox_)::pushed::wake: post_delivery(); break;
        case decltype(inbox_)::pushed::queued: break;
        case decltype(inbox_)::pushed::full: drop(message->view().topic);
        }
    }

private:
    struct outgoing {
        shared_message message;
        publish_completion done;
    };

    /// A publish from inside a sink, on a thread that delivers inline.
    struct deferred {
        std::shared_ptr<local_endpoint> from;
        outgoing what;
    };

    /// What waits on this thread until the message at hand has reached everybody.
    struct inline_run {
        bool busy = false;
        std::size_t bytes = 0;
        std::deque<deferred> waiting;
    };

    static inline_run& this_thread() {
        thread_local inline_run run;
        return run;
    }

    std::error_code publish_inline(message_view const& message, publish_completion& done) {
        auto& run = this_thread();
        if (run.busy)
            return defer(run, message, done);
        // Counted before: a sink may destroy the transport, and this with it.
        ledger_.end(message.counted, {});
        ledger_.count(ledger_.payload_bytes, message.counted, message.payload.size());
        undisturbed(
            run, [&, exchange = exchange_.get()] { done({}, exchange->route(message, nullptr)); });
        return {};
    }

    /// Has sinks run; what they publish inline on this thread waits until they have.
    template <class Run>
    static void undisturbed(inline_run& run, Run run_sinks) {
        if (std::exchange(run.busy, true))
            return run_sinks(); // a sink runs the io_context
        first_exception thrown;
        thrown.keep_of(run_sinks);
        while (!run.waiting.empty()) {
            auto next = std::move(run.waiting.front());
            run.waiting.pop_front();
            run.bytes -= next.what.message->bytes();
            thrown.keep_of([&] { next.from->send(next.what); });
        }
        run.busy = false;
        thrown.rethrow();
    }

    /// What a copy of an object throws is its publisher's to know, and nobody gets the message.
    shared_message keep(message_view const& message) {
        try {
            return std::make_shared<kept_message const>(message);
        } catch (...) {
            ledger_.refuse(message.counted, {});
            throw;
        }
    }

    std::error_code defer(inline_run& run, message_view const& message, publish_completion& done) {
        auto const bytes = message.topic.size() + message.payload.size();
        if (run.bytes + bytes > limits_.max_queue_bytes ||
            run.waiting.size() >= limits_.max_queue_messages)
            return errc::queue_full;
        run.waiting.push_back({shared_from_this(), {keep(message), std::move(done)}});
        run.bytes += bytes;
        ledger_.count(ledger_.payload_bytes, message.counted, message.payload.size());
        return {};
    }

    std::error_code publish_queued(message_view const& message, publish_completion& done) {
        outgoing entry{keep(message), {}};
        auto const bytes = entry.message->bytes();
        entry.done = std::move(done);
        auto const size = message.payload.size();
        switch (outbox_.push(entry, bytes)) {
        case decltype(outbox_)::pushed::full: done = std::move(entry.done); return errc::queue_full;
        case decltype(outbox_)::pushed::queued: break;
        case decltype(outbox_)::pushed::wake: post_sending();
        }
        ledger_.count(ledger_.payload_bytes, message.counted, size);
        return {};
    }

    void post_sending() {
        asio::post(executor_, [self = shared_from_this()] {
            first_exception thrown;
            for (auto& entry : self->outbox_.take())
                thrown.keep_of([&] { undisturbed(this_thread(), [&] { self->send(entry); }); });
            if (self->outbox_.more())
                self->post_sending();
            thrown.rethrow();
        });
    }

    void post_delivery() {
        asio::post(executor_, [self = shared_from_this()] {
            first_exception thrown;
            for (auto const& message : self->inbox_.take())
                if (!self->closed())
                    thrown.keep_of([&] {
                        undisturbed(this_thread(), [&] { self->deliver(message->view()); });
                    });
            if (self->inbox_.more())
                self->post_delivery();
            thrown.rethrow();
        });
    }

    void drop(std::string_view topic) {
        ledger_.dropped.add();
        drops_.add(executor_, topic,
                   [self = shared_from_this()](event const& e) { self->observers_.notify(e); });
    }

    void send(outgoing& entry) {
        if (!closed())
            return confirm(exchange_->route(entry.message->view(), entry.message), entry);
        ledger_.end(entry.message->counted(), errc::closed);
        entry.done(errc::closed, 0);
    }

    void confirm(std::size_t receivers, outgoing& entry) {
        ledger_.end(entry.message->counted(), {});
        entry.done({}, receivers);
    }

    asio::any_io_executor const executor_;
    std::shared_ptr<local_exchange> const exchange_;
    message_limits const limits_;
    bool const inline_;
    std::atomic<bool> closed_ = false;
    std::atomic<bool> draining_ = false;
    topic_table table_;
    publish_ledger ledger_;
    observers observers_;
    batch_queue<outgoing> outbox_;
    batch_queue<shared_message> inbox_;
    drop_notice drops_;
};

inline std::size_t local_exchange::route(message_view const& message, shared_message kept) {
    auto const present = read();
    std::size_t receivers = 0;
    bool any_inline = false;
    {
        std::unique_lock lock(order_, std::defer_lock);
        for (auto const& endpoint : *present) {
            if (endpoint->delivers_inline()) {
                any_inline = true;
                continue;
            }
            if (!lock.owns_lock())
                lock.lock();
            if (!endpoint->wants(message.topic))
                continue;
            if (!kept)
                kept = std::make_shared<kept_message const>(message);
            endpoint->receive(kept);
            ++receivers;
        }
    }
    if (any_inline)
        for (auto const& endpoint : *present)
            if (endpoint->delivers_inline() && !endpoint->closed())
                receivers += endpoint->deliver(kept ? kept->view() : message) ? 1 : 0;
    return receivers;
}

} // namespace hubbub::detail
