// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/redis/plain_stream.hpp>

#include <hubbub/error.hpp>

#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>

#include <sys/socket.h>

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

namespace hubbub::redis {

/// Goes on when one of the endpoints has accepted, or has not.
struct plain_stream::attempt {
    plain_stream* self;
    std::size_t index;
    link_handler done;

    void operator()(std::error_code error) {
        auto& s = *self;
        if (!s.socket_.is_open()) // it was closed here
            return done(asio::error::operation_aborted);
        if (error && index + 1 < s.endpoints_.size())
            return s.try_next(index + 1, std::move(done));
        if (error)
            return done(error);
        if (s.endpoints_[index].protocol().family() != AF_UNIX) {
            std::error_code ignored; // slower without, no worse
            s.socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
        }
        s.on_socket_connected(std::move(done));
    }
};

HUBBUB_DECL void plain_stream::async_connect(std::vector<endpoint> endpoints, link_handler done) {
    endpoints_ = order_.arrange(std::move(endpoints));
    if (endpoints_.empty())
        return asio::post(socket_.get_executor(),
                          [done = std::move(done)] { done(asio::error::not_found); });
    try_next(0, std::move(done));
}

HUBBUB_DECL void plain_stream::try_next(std::size_t index, link_handler done) {
    close();
    order_.tried(endpoints_[index]);
    socket_.async_connect(endpoints_[index], attempt{this, index, std::move(done)});
}

HUBBUB_DECL void plain_stream::async_read_some(asio::mutable_buffer buffer, link_handler done) {
    socket_.async_read_some(buffer, std::move(done));
}

HUBBUB_DECL void plain_stream::async_write_some(asio::const_buffer buffer, link_handler done) {
    socket_.async_write_some(buffer, std::move(done));
}

HUBBUB_DECL void plain_stream::close() {
    std::error_code ignored; // the socket is gone either way
    socket_.close(ignored);
}

HUBBUB_DECL std::error_code plain_stream::reason(std::error_code error) noexcept {
    return error == asio::error::eof ? errc::disconnected : error;
}

HUBBUB_DECL stream_maker plain_streams(options const& o) {
    if (o.tls)
        throw std::invalid_argument(
            "redis options: redis_transport speaks no TLS (rediss://); use redis_tls_transport of "
            "<hubbub/transport/redis_tls.hpp>, or make_redis_tls_transport of "
            "<hubbub/transport/make_redis_tls.hpp>");
    return [](hubbub::detail::strand const& executor) {
        return std::make_unique<plain_stream>(executor);
    };
}

} // namespace hubbub::redis
