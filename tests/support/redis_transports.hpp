// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/transport/redis.hpp>

#include <support/redis_server.hpp>
#include <support/transports.hpp>

#include <asio/io_context.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

/// Servers on one redis-server, which all cases of the program share: each has an app of its own.
template <redis_server::listens Where>
struct redis_fixture {
    using transport_type = hubbub::redis_transport;

    static redis_server const& server() {
        static redis_server const shared(Where);
        return shared;
    }

    redis_fixture() {
        static std::atomic<int> cases = 0;
        options.port = server().port();
        if (Where == redis_server::listens::on_unix_socket)
            options.unix_socket = server().socket_path();
        options.app = "case " + std::to_string(++cases);
        // Both ways to leave a channel: at once, and never in the time of a case.
        options.unsubscribe_linger =
            std::chrono::seconds(Where == redis_server::listens::on_port ? 0 : 60);
    }

    transport_type make(hubbub::message_limits const& limits) {
        options.limits = limits;
        return transport_type(io.get_executor(), options);
    }

    asio::io_context io;
    hubbub::redis::options options;
};

using redis_tcp_fixture = redis_fixture<redis_server::listens::on_port>;
using redis_unix_fixture = redis_fixture<redis_server::listens::on_unix_socket>;

TYPE_TO_STRING_AS("redis, TCP", erased<redis_tcp_fixture>);
TYPE_TO_STRING_AS("redis, unix socket", erased<redis_unix_fixture>);
