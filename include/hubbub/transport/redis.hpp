// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/base/executor_argument.hpp>
#include <hubbub/transport.hpp>
#include <hubbub/transport/redis_options.hpp>

#include <cstddef>
#include <memory>
#include <string_view>
#include <system_error>

namespace hubbub {

namespace detail {
class redis_core;
}

/// The base of redis_transport and redis_tls_transport, which carry messages over Redis
/// Pub/Sub. Any number of servers, one audience.
///
/// It connects by itself, from construction until close, over two connections: one publishes, one
/// subscribes. A topic is the channel "<app>:<topic>", or "<topic>" without an app; a payload is
/// what the serializer made, so that other programs can publish and read.
///
/// Delivery:      at most once (redis.io/docs/latest/develop/pubsub, "Delivery semantics"). What is
///                published elsewhere while the link is down is missed; link_lost and link_up
///                tell when. What is published here meanwhile waits, up to the queue's limits. A
///                publish whose answer was lost with the link is reported as outcome_unknown, and
///                never sent twice.
/// Ordering:      all servers see the messages of a topic in one order.
/// Errors:        closed, queue_full, empty_name, name_too_long, payload_too_large; what Redis
///                answers; after link_failed, its reason.
/// Thread safety: all functions, from any thread. Sinks, observers, and handlers without an
///                executor of their own run on a strand of the executor given, one at a time.
/// Lifetime:      its copies are one transport, and the last of them closes it, also in a sink; what
///                is queued completes with errc::closed.
class basic_redis_transport {
public:
    static constexpr transport_traits traits{.agreed_order = true,
                                             .max_name_bytes = redis::max_argument_bytes,
                                             .max_payload_bytes = redis::max_argument_bytes};

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

    /// Completes when all that was accepted by now is answered, which may take as long as Redis is
    /// away.
    void flush(completion<std::error_code> done);

    /// The same, and refuses publishes as closed from now on. async_drain has a deadline, and
    /// closes.
    void drain(completion<std::error_code> done);

    /// Closes both connections; all that waits completes with errc::closed, or outcome_unknown.
    void close() noexcept;

protected:
    explicit basic_redis_transport(std::shared_ptr<detail::redis_core> core);

private:
    std::shared_ptr<detail::redis_core> core_;
};

/// basic_redis_transport over TCP and unix sockets.
class redis_transport : public basic_redis_transport {
public:
    /// Errors: throws std::invalid_argument if o or the URL is wrong, naming the part.
    redis_transport(detail::executor_argument const& executor, redis::options const& o);
    redis_transport(detail::executor_argument const& executor, std::string_view url);
};

static_assert(transport<redis_transport>);

} // namespace hubbub

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/transport/impl/redis.ipp>
#endif
