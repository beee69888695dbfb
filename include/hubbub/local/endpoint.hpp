// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/base/shared_list.hpp>
#include <hubbub/error.hpp>
#include <hubbub/flow/batch_queue.hpp>
#include <hubbub/flow/drop_notice.hpp>
#include <hubbub/flow/kept_message.hpp>
#include <hubbub/flow/observers.hpp>
#include <hubbub/flow/publish_ledger.hpp>
#include <hubbub/flow/topic_table.hpp>
#include <hubbub/limits.hpp>
#include <hubbub/transport.hpp>

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

namespace hubbub::detail {

/// Runs steps that may throw, all of them, and rethrows the first exception.
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

/// The part that the endpoints of one local_broker share.
class local_exchange {
public:
    using endpoints = shared_list<std::shared_ptr<local_endpoint>>;

    void attach(std::shared_ptr<local_endpoint> endpoint);

    void detach(local_endpoint const& endpoint);

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
class local_endpoint : public event_target, public std::enable_shared_from_this<local_endpoint> {
public:
    local_endpoint(asio::any_io_executor executor, std::shared_ptr<local_exchange> exchange,
                   message_limits const& limits, bool inline_delivery);

    asio::any_io_executor const& executor() const noexcept { return executor_; }
    bool closed() const noexcept { return closed_.load(std::memory_order_acquire); }
    observers& listeners() noexcept { return observers_; }

    statistics read_statistics() const;

    message_limits const& limits() const noexcept { return limits_; }

    std::error_code publish(message_view const& message, publish_completion done);

    void wait_for_room(std::size_t bytes, completion<std::error_code> done);

    void flush(completion<std::error_code> done);
    void drain(completion<std::error_code> done);

    std::error_code subscribe(topic_filter const& what, std::shared_ptr<message_sink> const& s,
                              subscribe_completion done);

    void unsubscribe(topic_filter const& what, message_sink const& s) { table_.remove(what, s); }

    /// Joins the exchange; apart from the constructor, which has no shared_ptr yet.
    void attach() { exchange_->attach(shared_from_this()); }

    void close();

    void notify(event const& e) override { observers_.notify(e); }

    // The exchange calls these.

    bool delivers_inline() const noexcept { return inline_; }
    bool wants(std::string_view topic) const { return table_.wants(topic); }
    bool deliver(message_view const& message) const { return table_.deliver_matching(message); }

    void receive(shared_message message);

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

    /// The publishes that wait on this thread until the message at hand has reached everybody.
    struct inline_run {
        bool busy = false;
        std::size_t bytes = 0;
        std::deque<deferred> waiting;
    };

    static inline_run& this_thread();

    std::error_code publish_inline(message_view const& message, publish_completion& done);

    /// Runs sinks; the messages that they publish inline on this thread wait until they have run.
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

    /// Throws what the copy of an object throws, to its publisher; nobody gets the message then.
    shared_message keep(message_view const& message);

    std::error_code defer(inline_run& run, message_view const& message, publish_completion& done);

    std::error_code publish_queued(message_view const& message, publish_completion& done);

    void post_sending() { post_call<&local_endpoint::send_batch>(executor_, shared_from_this()); }

    void send_batch();

    void post_delivery() {
        post_call<&local_endpoint::deliver_batch>(executor_, shared_from_this());
    }

    void deliver_batch();

    void drop(std::string_view topic);

    void send(outgoing& entry);

    void confirm(std::size_t receivers, outgoing& entry);

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

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/local/impl/endpoint.ipp>
#endif
