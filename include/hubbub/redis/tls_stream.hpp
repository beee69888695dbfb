// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/base/light_executor.hpp>
#include <hubbub/error.hpp>
#include <hubbub/redis/plain_stream.hpp>
#include <hubbub/redis/tls_context.hpp>
#include <hubbub/redis/tls_error.hpp>

#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/ssl/stream.hpp>

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <cstddef>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace hubbub::redis {

/// The Stream of a connection with TLS; without, if the options ask for none.
///
/// A write that fails was in vain: its bytes are one record, which a server does not read before it
/// has all of it. So what is reported as written is exactly what Redis may have read.
///
/// Lifetime: a handler keeps the stream alive until it is called.
class tls_stream {
public:
    using context = tls_context;
    using endpoint = plain_stream::endpoint;

    tls_stream(context const& shared, hubbub::detail::strand const& executor)
        : context_(shared), plain_(executor) {}

    /// Connects, and shakes hands. Completes with `void(std::error_code)`.
    template <class Handler>
    void async_connect(std::vector<endpoint> endpoints, Handler handler) {
        secure_.reset(); // it serves one connection
        endpoints_ = endpoints;
        plain_.async_connect(std::move(endpoints),
                             [this, handler = std::move(handler)](std::error_code error) mutable {
                                 if (error || !context_)
                                     handler(error);
                                 else if (std::exchange(silent_, false))
                                     ask_in_plain_text(std::move(handler));
                                 else
                                     shake_hands(std::move(handler));
                             });
    }

    void settle() noexcept { plain_.settle(); }

    template <class Handler>
    void async_read_some(asio::mutable_buffer buffer, Handler&& handler) {
        if (secure_)
            secure_->async_read_some(buffer, std::forward<Handler>(handler));
        else
            plain_.async_read_some(buffer, std::forward<Handler>(handler));
    }

    template <class Handler>
    void async_write_some(asio::const_buffer buffer, Handler&& handler) {
        if (secure_)
            secure_->async_write_some(buffer, std::forward<Handler>(handler));
        else
            plain_.async_write_some(buffer, std::forward<Handler>(handler));
    }

    /// Ends what is under way. Another async_connect may follow when it has ended.
    void close() { plain_.close(); }

    /// What an error of an operation means to the user of a link.
    std::error_code reason(std::error_code error) noexcept {
        return secure_ ? classify_tls(error, secure_->native_handle())
                       : plain_stream::reason(error);
    }

private:
    template <class Handler>
    void shake_hands(Handler handler) {
        secure_.emplace(plain_.next_layer(), context_.get());
        auto* const ssl = secure_->native_handle();
        if (auto const& name = context_.requested_name(); !name.empty())
            SSL_set_tlsext_host_name(ssl, name.c_str());
        secure_->async_handshake(
            asio::ssl::stream_base::client,
            [this, ssl, handler = std::move(handler)](std::error_code error) mutable {
                silent_ = error == asio::error::operation_aborted &&
                          BIO_number_read(SSL_get_rbio(ssl)) == 0;
                handler(error);
            });
    }

    /// Finds out why the last handshake was left without an answer. To a Redis that speaks no TLS a
    /// handshake is a line that does not end yet, and so it waits; a line that does end it answers.
    template <class Handler>
    void ask_in_plain_text(Handler handler) {
        constexpr std::string_view line = "PING\r\n";
        plain_.async_write_some(
            asio::buffer(line),
            [this, handler = std::move(handler)](std::error_code error, std::size_t) mutable {
                if (error)
                    return handler(error);
                plain_.async_read_some(asio::buffer(&answer_, 1),
                                       [this, handler = std::move(handler)](std::error_code failed,
                                                                            std::size_t) mutable {
                                           if (!plain_.next_layer().is_open())
                                               return handler(asio::error::operation_aborted);
                                           if (!failed && (answer_ == '+' || answer_ == '-'))
                                               return handler(errc::tls_not_spoken);
                                           plain_.close(); // it does not understand: this is TLS
                                           async_connect(std::move(endpoints_), std::move(handler));
                                       });
            });
    }

    context const context_;
    plain_stream plain_;
    std::optional<asio::ssl::stream<plain_stream::socket&>> secure_;
    std::vector<endpoint> endpoints_;
    /// The last handshake ended when the time was up, and nothing had come.
    bool silent_ = false;
    char answer_ = 0;
};

} // namespace hubbub::redis
