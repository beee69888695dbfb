// SPDX-License-Identifier: MIT
#include <support/redis_tls.hpp>
#include <support/transports.hpp>

#include <asio/io_context.hpp>

#include <atomic>
#include <memory>
#include <string>

/// Servers on one redis-server with TLS, which all cases of the program share: each has an app of
/// its own.
struct redis_tls_fixture {
    using transport_type = hubbub::redis_tls_transport;

    redis_tls_fixture() {
        static certificate_authority authority;
        static redis_server const server(redis_server::listens::on_tls_port,
                                         shows(authority.issue("IP:127.0.0.1")));
        static std::atomic<int> cases = 0;
        options = tls_options_for(server, authority);
        options.app = "case " + std::to_string(++cases);
    }

    transport_type make(hubbub::message_limits const& limits) {
        options.limits = limits;
        return transport_type(io.get_executor(), options);
    }

    asio::io_context io;
    hubbub::redis::options options;
};

TYPE_TO_STRING_AS("redis, TLS", erased<redis_tls_fixture>);

namespace {

keeps_the_contract<erased<redis_tls_fixture>> const tls(__FILE__, __LINE__);

} // namespace

TEST_CASE("the suite has not lost its cases on the way to the Redis transport with TLS") {
    CHECK(tls.count() > 50);
}
