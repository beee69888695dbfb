// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/base/config.hpp>
#include <hubbub/base/light_executor.hpp>
#include <hubbub/redis/endpoint_order.hpp>
#include <hubbub/redis/stream.hpp>
#include <hubbub/transport/redis_options.hpp>

#include <asio/basic_stream_socket.hpp>
#include <asio/buffer.hpp>
#include <asio/generic/stream_protocol.hpp>

#include <cstddef>
#include <system_error>
#include <vector>

namespace hubbub::redis {

/// TCP or a unix socket: bytes as they are.
class plain_stream : public stream {
public:
    using socket =
        asio::basic_stream_socket<asio::generic::stream_protocol, hubbub::detail::strand>;

    explicit plain_stream(hubbub::detail::strand const& executor) : socket_(executor) {}

    void async_connect(std::vector<endpoint> endpoints, link_handler done) override;
    void settle() noexcept override { order_.clear(); }
    void async_read_some(asio::mutable_buffer buffer, link_handler done) override;
    void async_write_some(asio::const_buffer buffer, link_handler done) override;
    /// Ends what is under way, with operation_aborted.
    void close() override;
    std::error_code reason(std::error_code error) noexcept override;

    socket& next_layer() noexcept { return socket_; }

protected:
    /// The socket is connected; whoever wants more of it does that before done.
    virtual void on_socket_connected(link_handler done) { done(); }

    /// The endpoints of the last async_connect, in the order in which they were tried.
    std::vector<endpoint> const& endpoints() const noexcept { return endpoints_; }

private:
    struct attempt;

    void try_next(std::size_t index, link_handler done);

    socket socket_;
    std::vector<endpoint> endpoints_;
    endpoint_order order_;
};

/// Errors: throws std::invalid_argument if o asks for TLS.
stream_maker plain_streams(options const& o);

} // namespace hubbub::redis

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/redis/impl/plain_stream.ipp>
#endif
