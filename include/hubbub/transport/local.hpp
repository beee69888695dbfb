// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/local/endpoint.hpp>
#include <hubbub/transport.hpp>

#include <cstddef>
#include <memory>
#include <system_error>
#include <utility>

namespace hubbub {

/// The backplane in memory: every local_transport made with it is a server of its own.
///
/// Ordering:      with delivery_mode::executor, all transports see the messages of a topic in one
///                order.
/// Thread safety: all functions, from any thread.
/// Lifetime:      a handle; what it names lives as long as a transport uses it.
class local_broker {
public:
    local_broker() : exchange_(std::make_shared<detail::local_exchange>()) {}

private:
    friend class local_transport;
    std::shared_ptr<detail::local_exchange> exchange_;
};

/// When the sinks of a local_transport run.
enum class delivery_mode {
    /// On the transport's executor, one at a time, after publish has returned: as with Redis.
    executor,
    /// On the publishing thread, before publish returns: the fastest. Publishes on several threads
    /// call sinks at the same time. A publish from inside a sink waits until the message at hand
    /// has reached everybody.
    immediate,
};

struct local_options {
    delivery_mode delivery = delivery_mode::executor;
    /// They bound the sending and the receiving queue each. A message that finds the receiving
    /// queue full is dropped for this transport alone, counted, and told by message_dropped.
    message_limits limits = {};
};

/// Carries messages, as bytes or as objects, between the servers of one process.
///
/// Delivery:      every subscription that is there when a message is confirmed gets it, unless its
///                transport's receiving queue is full.
/// Ordering:      one thread's messages arrive in the order published.
/// Errors:        closed, queue_full, empty_name, name_too_long, payload_too_large.
/// Thread safety: all functions, from any thread. Sinks may call all of them, and may destroy the
///                transport.
/// Complexity:    publish looks its topic up in the table of each transport of the broker, and is
///                linear in the sinks and in the patterns there.
class local_transport {
public:
    static constexpr transport_traits traits{
        .agreed_order = false, .serial_delivery = false, .carries_objects = true};

    local_transport(asio::any_io_executor executor, local_broker const& broker,
                    local_options const& options = {})
        : endpoint_(std::make_shared<detail::local_endpoint>(
              std::move(executor), broker.exchange_, options.limits,
              options.delivery == delivery_mode::immediate)),
          exchange_(broker.exchange_) {
        exchange_->attach(endpoint_);
    }

    local_transport(local_transport const&) = delete;
    local_transport& operator=(local_transport const&) = delete;
    ~local_transport() { close(); }

    asio::any_io_executor get_executor() const { return endpoint_->executor(); }

    std::error_code publish(message_view const& message, publish_completion done = {}) {
        return endpoint_->publish(message, std::move(done));
    }

    std::error_code subscribe(interest const& what, std::shared_ptr<sink> const& s,
                              subscribe_completion done = {}) {
        return endpoint_->subscribe(what, s, std::move(done));
    }

    void unsubscribe(interest const& what, sink const& s) noexcept {
        endpoint_->unsubscribe(what, s);
    }

    std::shared_ptr<void> observe(observer o) { return endpoint_->listeners().add(std::move(o)); }

    link_state state() const noexcept {
        return endpoint_->closed() ? link_state::closed : link_state::whole;
    }

    hubbub::statistics statistics() const { return endpoint_->read_statistics(); }

    message_limits const& limits() const noexcept { return endpoint_->limits(); }

    void wait_for_room(std::size_t bytes, completion<std::error_code> done) {
        endpoint_->wait_for_room(bytes, std::move(done));
    }

    /// Refuses publishes as closed from now on; completes when what was published is handed over,
    /// and what was received is delivered.
    void drain(completion<std::error_code> done) { endpoint_->drain(std::move(done)); }

    delivery_mode delivery() const noexcept {
        return endpoint_->delivers_inline() ? delivery_mode::immediate : delivery_mode::executor;
    }

    /// Leaves the broker. What is queued completes with errc::closed.
    void close() noexcept { endpoint_->close(); }

private:
    std::shared_ptr<detail::local_endpoint> endpoint_;
    std::shared_ptr<detail::local_exchange> exchange_;
};

static_assert(transport<local_transport>);

} // namespace hubbub
