// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/base/config.hpp>
#include <hubbub/base/light_executor.hpp>
#include <hubbub/redis/plain_stream.hpp>
#include <hubbub/redis/stream.hpp>
#include <hubbub/redis/tls_context.hpp>
#include <hubbub/transport/redis_options.hpp>

#include <asio/buffer.hpp>
#include <asio/ssl/stream.hpp>

#include <optional>
#include <system_error>
#include <vector>

namespace hubbub::redis {

/// TLS over TCP; without, if the options ask for none. It connects, and shakes hands.
///
/// A write that fails was in vain: its bytes are one record, which a server does not read before it
/// has all of it. So what is reported as written is exactly what Redis may have read.
class tls_stream final : public plain_stream {
public:
    tls_stream(tls_context const& shared, hubbub::detail::strand const& executor)
        : plain_stream(executor), context_(shared) {}

    void async_connect(std::vector<endpoint> endpoints, link_handler done) override;
    void async_read_some(asio::mutable_buffer buffer, link_handler done) override;
    void async_write_some(asio::const_buffer buffer, link_handler done) override;
    std::error_code reason(std::error_code error) noexcept override;

private:
    void on_socket_connected(link_handler done) override;
    void shake_hands(link_handler done);

    /// Finds out why the last handshake was left without an answer. To a Redis that speaks no TLS a
    /// handshake is a line that does not end yet, and so it waits; a line that does end it answers.
    void ask_in_plain_text(link_handler done);
    void hear_plain_text(link_handler done);

    tls_context const context_;
    std::optional<asio::ssl::stream<socket&>> secure_;
    /// The last handshake ended when the time was up, and nothing had come.
    bool silent_ = false;
    char answer_ = 0;
};

/// Errors: throws std::invalid_argument, as tls_context.
stream_maker tls_streams(options const& o);

} // namespace hubbub::redis

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/redis/impl/tls_stream.ipp>
#endif
