// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/redis/tls_stream.hpp>

#include <hubbub/error.hpp>
#include <hubbub/redis/tls_error.hpp>

#include <asio/error.hpp>

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace hubbub::redis {

HUBBUB_DECL void tls_stream::async_connect(std::vector<endpoint> endpoints, link_handler done) {
    secure_.reset(); // it serves one connection
    plain_stream::async_connect(std::move(endpoints), std::move(done));
}

HUBBUB_DECL void tls_stream::async_read_some(asio::mutable_buffer buffer, link_handler done) {
    if (secure_)
        secure_->async_read_some(buffer, std::move(done));
    else
        plain_stream::async_read_some(buffer, std::move(done));
}

HUBBUB_DECL void tls_stream::async_write_some(asio::const_buffer buffer, link_handler done) {
    if (secure_)
        secure_->async_write_some(buffer, std::move(done));
    else
        plain_stream::async_write_some(buffer, std::move(done));
}

HUBBUB_DECL std::error_code tls_stream::reason(std::error_code error) noexcept {
    return secure_ ? classify_tls(error, secure_->native_handle()) : plain_stream::reason(error);
}

HUBBUB_DECL void tls_stream::on_socket_connected(link_handler done) {
    if (!context_)
        done();
    else if (std::exchange(silent_, false))
        ask_in_plain_text(std::move(done));
    else
        shake_hands(std::move(done));
}

HUBBUB_DECL void tls_stream::shake_hands(link_handler done) {
    secure_.emplace(next_layer(), context_.get());
    auto* const ssl = secure_->native_handle();
    if (auto const& name = context_.requested_name(); !name.empty())
        // SSL_set_tlsext_host_name, without the cast that is in this macro.
        SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                 const_cast<char*>(name.c_str()));
    secure_->async_handshake(asio::ssl::stream_base::client,
                             [this, ssl, done = std::move(done)](std::error_code error) {
                                 silent_ = error == asio::error::operation_aborted &&
                                           BIO_number_read(SSL_get_rbio(ssl)) == 0;
                                 done(error);
                             });
}

HUBBUB_DECL void tls_stream::ask_in_plain_text(link_handler done) {
    constexpr std::string_view line = "PING\r\n";
    next_layer().async_write_some(
        asio::buffer(line),
        [this, done = std::move(done)](std::error_code error, std::size_t) mutable {
            if (error)
                return done(error);
            hear_plain_text(std::move(done));
        });
}

HUBBUB_DECL void tls_stream::hear_plain_text(link_handler done) {
    next_layer().async_read_some(
        asio::buffer(&answer_, 1),
        [this, done = std::move(done)](std::error_code failed, std::size_t) mutable {
            if (!next_layer().is_open())
                return done(asio::error::operation_aborted);
            if (!failed && (answer_ == '+' || answer_ == '-'))
                return done(tls_errc::not_spoken);
            close(); // it does not understand: this is TLS
            async_connect(endpoints(), std::move(done));
        });
}

HUBBUB_DECL stream_maker tls_streams(options const& o) {
    return [context = tls_context(o)](hubbub::detail::strand const& executor) {
        return std::make_unique<tls_stream>(context, executor);
    };
}

} // namespace hubbub::redis
