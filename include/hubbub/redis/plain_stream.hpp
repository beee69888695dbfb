// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/base/light_executor.hpp>
#include <hubbub/error.hpp>
#include <hubbub/redis/endpoint_order.hpp>
#include <hubbub/transport/redis_options.hpp>

#include <asio/basic_stream_socket.hpp>
#include <asio/buffer.hpp>
#include <asio/connect.hpp>
#include <asio/error.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <asio/ip/tcp.hpp>

#include <sys/socket.h>

#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

namespace hubbub::redis {

/// The Stream of a connection over TCP or a unix socket: bytes as they are.
///
/// Lifetime: a handler keeps the stream alive until it is called.
class plain_stream {
public:
    using socket =
        asio::basic_stream_socket<asio::generic::stream_protocol, hubbub::detail::strand>;
    using endpoint = asio::generic::stream_protocol::endpoint;

    /// What the links of one transport have in common: here, nothing. Errors: throws
    /// std::invalid_argument if o asks for TLS.
    struct context {
        explicit context(options const& o) {
            if (o.tls)
                throw std::invalid_argument(
                    "redis options: redis_transport speaks no TLS (rediss://); "
                    "use redis_tls_transport of <hubbub/transport/redis_tls.hpp>");
        }
    };

    explicit plain_stream(hubbub::detail::strand const& executor) : socket_(executor) {}
    plain_stream(context const& /*shared*/, hubbub::detail::strand const& executor)
        : plain_stream(executor) {}

    /// Connects to the first of endpoints that accepts; those that were tried in vain come last.
    /// Completes with `void(std::error_code)`.
    template <class Handler>
    void async_connect(std::vector<endpoint> endpoints, Handler handler) {
        endpoints_ = order_.arrange(std::move(endpoints));
        auto const begin = [this](std::error_code const& /*before*/, endpoint const& next) {
            order_.tried(next);
            return true;
        };
        asio::async_connect(socket_, endpoints_, begin,
                            [this, handler = std::move(handler)](
                                std::error_code error, endpoint const& connected) mutable {
                                if (!error && connected.protocol().family() != AF_UNIX) {
                                    std::error_code ignored; // slower without, no worse
                                    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
                                }
                                handler(error);
                            });
    }

    /// The link is up: what was tried in vain before does not matter to the next async_connect.
    void settle() noexcept { order_.clear(); }

    template <class Handler>
    void async_read_some(asio::mutable_buffer buffer, Handler&& handler) {
        socket_.async_read_some(buffer, std::forward<Handler>(handler));
    }

    template <class Handler>
    void async_write_some(asio::const_buffer buffer, Handler&& handler) {
        socket_.async_write_some(buffer, std::forward<Handler>(handler));
    }

    /// Ends what is under way, with operation_aborted. Another async_connect may follow when it has
    /// ended.
    void close() {
        std::error_code ignored; // the socket is gone either way
        socket_.close(ignored);
    }

    /// What an error of an operation means to the user of a link.
    static std::error_code reason(std::error_code error) noexcept {
        return error == asio::error::eof ? errc::disconnected : error;
    }

    socket& next_layer() noexcept { return socket_; }

private:
    socket socket_;
    std::vector<endpoint> endpoints_;
    endpoint_order order_;
};

} // namespace hubbub::redis
