// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/flow/limits.hpp>
#include <hubbub/local/endpoint.hpp>

#include <asio/strand.hpp>

#include <algorithm>
#include <mutex>
#include <utility>

namespace hubbub::detail {

HUBBUB_DECL void local_exchange::attach(std::shared_ptr<local_endpoint> endpoint) {
    std::unique_lock const lock(mutex_);
    endpoints_.write([&](auto& list) { list.push_back(std::move(endpoint)); });
}

HUBBUB_DECL void local_exchange::detach(local_endpoint const& endpoint) {
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

HUBBUB_DECL local_endpoint::local_endpoint(asio::any_io_executor executor,
                                           std::shared_ptr<local_exchange> exchange,
                                           message_limits const& limits, bool inline_delivery)
    : executor_(asio::make_strand(std::move(executor))), exchange_(std::move(exchange)),
      limits_(limits), inline_(inline_delivery),
      outbox_(limits.max_queue_bytes, limits.max_queue_messages, limits.budget),
      inbox_(limits.max_queue_bytes, limits.max_queue_messages, limits.budget) {}

HUBBUB_DECL statistics local_endpoint::read_statistics() const {
    auto s = ledger_.read();
    s.queued_bytes = outbox_.bytes();
    auto const peak = outbox_.peak();
    s.queued_peak = peak.entries;
    s.queued_bytes_peak = peak.bytes;
    return s;
}

HUBBUB_DECL std::error_code local_endpoint::publish(message_view const& message,
                                                    publish_completion done) {
    ledger_.begin(message.counted);
    auto error = closed() || draining_ ? errc::closed : check_message(limits_, message);
    if (!error)
        error = inline_ ? publish_inline(message, done) : publish_queued(message, done);
    if (error) {
        ledger_.refuse(message.counted, error);
        done(error, {});
    }
    return error;
}

HUBBUB_DECL void local_endpoint::wait_for_room(std::size_t bytes,
                                               completion<std::error_code> done) {
    if (closed() || draining_)
        return done(errc::closed);
    outbox_.wait_for_room(bytes, std::move(done));
}

HUBBUB_DECL void local_endpoint::drain(completion<std::error_code> done) {
    draining_ = true;
    outbox_.end_waiting_for_room(errc::closed);
    flush(std::move(done));
}

HUBBUB_DECL void local_endpoint::flush(completion<std::error_code> done) {
    if (closed())
        return done(errc::closed);
    outbox_.flush(
        {executor_, [weak = weak_from_this(), done = std::move(done)](std::error_code e) mutable {
             auto const self = weak.lock();
             if (e || !self || self->closed())
                 return done(e ? e : errc::closed);
             self->inbox_.flush(std::move(done));
         }});
}

HUBBUB_DECL std::error_code local_endpoint::subscribe(topic_filter const& what,
                                                      std::shared_ptr<message_sink> const& s,
                                                      subscribe_completion done) {
    std::error_code const error = closed() ? errc::closed : check_name(limits_, what.name);
    if (!error)
        table_.add(what, s);
    done(error);
    return error;
}

HUBBUB_DECL void local_endpoint::close() {
    if (closed_.exchange(true))
        return;
    exchange_->detach(*this);
    outbox_.end_waiting(errc::closed);
    inbox_.end_waiting(errc::closed);
    for (auto& entry : outbox_.take()) {
        ledger_.end(entry.message->counted(), errc::closed);
        entry.done(errc::closed, {});
    }
    inbox_.take();
}

HUBBUB_DECL void local_endpoint::receive(shared_message message) {
    auto const bytes = message->bytes();
    using inbox = batch_queue<shared_message>;
    switch (inbox_.push(message, bytes)) {
    case inbox::pushed::wake: post_delivery(); break;
    case inbox::pushed::queued: break;
    case inbox::pushed::full: drop(message->view().topic);
    }
}

HUBBUB_DECL local_endpoint::inline_run& local_endpoint::this_thread() {
    thread_local inline_run run;
    return run;
}

HUBBUB_DECL std::error_code local_endpoint::publish_inline(message_view const& message,
                                                           publish_completion& done) {
    auto& run = this_thread();
    if (run.busy)
        return defer(run, message, done);
    // Counted before: a sink may destroy the transport, and this with it.
    ledger_.end(message.counted, {});
    ledger_.count(ledger_.payload_bytes, message.counted, message.payload.size());
    undisturbed(run,
                [&, exchange = exchange_.get()] { done({}, exchange->route(message, nullptr)); });
    return {};
}

HUBBUB_DECL shared_message local_endpoint::keep(message_view const& message) {
    try {
        return std::make_shared<kept_message const>(message);
    } catch (...) {
        ledger_.refuse(message.counted, {});
        throw;
    }
}

HUBBUB_DECL std::error_code local_endpoint::defer(inline_run& run, message_view const& message,
                                                  publish_completion& done) {
    auto const bytes = message.topic.size() + message.payload.size();
    if (run.bytes + bytes > limits_.max_queue_bytes ||
        run.waiting.size() >= limits_.max_queue_messages)
        return errc::queue_full;
    run.waiting.push_back({shared_from_this(), {keep(message), std::move(done)}});
    run.bytes += bytes;
    ledger_.count(ledger_.payload_bytes, message.counted, message.payload.size());
    return {};
}

HUBBUB_DECL std::error_code local_endpoint::publish_queued(message_view const& message,
                                                           publish_completion& done) {
    outgoing entry{keep(message), {}};
    auto const bytes = entry.message->bytes();
    entry.done = std::move(done);
    auto const size = message.payload.size();
    using queue = batch_queue<outgoing>;
    switch (outbox_.push(entry, bytes)) {
    case queue::pushed::full: done = std::move(entry.done); return errc::queue_full;
    case queue::pushed::queued: break;
    case queue::pushed::wake: post_sending();
    }
    ledger_.count(ledger_.payload_bytes, message.counted, size);
    return {};
}

HUBBUB_DECL void local_endpoint::send_batch() {
    first_exception thrown;
    for (auto& entry : outbox_.take())
        thrown.keep_of([&] { undisturbed(this_thread(), [&] { send(entry); }); });
    if (outbox_.more())
        post_sending();
    thrown.rethrow();
}

HUBBUB_DECL void local_endpoint::deliver_batch() {
    first_exception thrown;
    for (auto const& message : inbox_.take())
        if (!closed())
            thrown.keep_of([&] { undisturbed(this_thread(), [&] { deliver(message->view()); }); });
    if (inbox_.more())
        post_delivery();
    thrown.rethrow();
}

HUBBUB_DECL void local_endpoint::drop(std::string_view topic) {
    ledger_.dropped.add();
    drops_.add(executor_, topic, shared_from_this());
}

HUBBUB_DECL void local_endpoint::send(outgoing& entry) {
    if (!closed())
        return confirm(exchange_->route(entry.message->view(), entry.message), entry);
    ledger_.end(entry.message->counted(), errc::closed);
    entry.done(errc::closed, {});
}

HUBBUB_DECL void local_endpoint::confirm(std::size_t receivers, outgoing& entry) {
    ledger_.end(entry.message->counted(), {});
    entry.done({}, receivers);
}

HUBBUB_DECL std::size_t local_exchange::route(message_view const& message, shared_message kept) {
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
                receivers += endpoint->deliver(kept ? kept->view() : message) ? 1U : 0U;
    return receivers;
}

} // namespace hubbub::detail
