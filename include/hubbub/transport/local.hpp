// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/base/executor_argument.hpp>
#include <hubbub/limits.hpp>
#include <hubbub/transport.hpp>

#include <cstddef>
#include <memory>
#include <system_error>

namespace hubbub {

namespace detail {
class local_endpoint;
class local_exchange;
} // namespace detail

/// The backplane in memory: every local_transport made with it is a server of its own.
///
/// Ordering:      all local_transports of it see the messages of a topic in one order; an
///                immediate_local_transport may see another.
/// Thread safety: all functions, from any thread.
/// Lifetime:      a handle; what it names lives as long as a transport uses it.
class local_broker {
public:
    local_broker();

private:
    friend class basic_local_transport;
    std::shared_ptr<detail::local_exchange> exchange_;
};

/// The options of a local_transport.
struct local_options {
    /// They bound the sending and the receiving queue each. A message that finds the receiving
    /// queue full is dropped for this transport alone, counted, and told by message_dropped.
    message_limits limits = {};
};

/// The base of local_transport and immediate_local_transport, which carry messages, as bytes or as
/// objects, between the servers of one process. It promises what both of them do.
///
/// Delivery:      every subscription that is there when a message is confirmed gets it, unless its
///                transport's receiving queue is full.
/// Ordering:      one thread's messages arrive in the order published.
/// Errors:        closed, queue_full, empty_name, name_too_long, payload_too_large.
/// Thread safety: all functions, from any thread. Sinks may call all of them, and may destroy the
///                transport.
/// Complexity:    publish looks its topic up in the table of each transport of the broker, and is
///                linear in the sinks and in the patterns there.
class basic_local_transport {
public:
    static constexpr transport_traits traits{
        .agreed_order = false, .serial_delivery = false, .carries_objects = true};

    asio::any_io_executor get_executor() const;

    std::error_code publish(message_view const& message, publish_completion done = {});

    std::error_code subscribe(topic_filter const& what, std::shared_ptr<message_sink> const& s,
                              subscribe_completion done = {});

    void unsubscribe(topic_filter const& what, message_sink const& s) noexcept;

    std::shared_ptr<void> observe(observer o);

    link_state state() const noexcept;

    hubbub::statistics statistics() const;

    message_limits const& limits() const noexcept;

    void wait_for_room(std::size_t bytes, completion<std::error_code> done);

    /// Completes when what was published is handed over, and what was received by then is
    /// delivered.
    void flush(completion<std::error_code> done);

    /// The same, and refuses publishes as closed from now on. async_drain has a deadline, and
    /// closes.
    void drain(completion<std::error_code> done);

    /// Leaves the broker. What is queued completes with errc::closed.
    void close() noexcept;

protected:
    basic_local_transport(detail::executor_argument executor, local_broker const& broker,
                          local_options const& options, bool immediate);

private:
    std::shared_ptr<detail::local_endpoint> endpoint_;
};

/// A local transport whose sinks run on its executor, one at a time, after publish has returned: as
/// with Redis.
class local_transport : public basic_local_transport {
public:
    static constexpr transport_traits traits{.agreed_order = true, .carries_objects = true};

    /// On the executor of an io_context, or on any other that any_io_executor takes.
    local_transport(detail::executor_argument executor, local_broker const& broker,
                    local_options const& options = {});
};

/// A local transport whose sinks run on the publishing thread, before publish returns: the fastest.
/// Publishes on several threads call sinks at the same time. A publish from inside a sink waits
/// until the message at hand has reached everybody: flush and drain do not wait for it.
class immediate_local_transport : public basic_local_transport {
public:
    static constexpr transport_traits traits = basic_local_transport::traits;

    immediate_local_transport(detail::executor_argument executor, local_broker const& broker,
                              local_options const& options = {});
};

static_assert(transport<local_transport> && transport<immediate_local_transport>);

} // namespace hubbub

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/transport/impl/local.ipp>
#endif
