// SPDX-License-Identifier: MIT
// A Redis that speaks TLS, and clients that it is talked to by.
#include <support/redis_tls.hpp>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ssl/stream.hpp>
#include <doctest/doctest.h>

#include <openssl/ssl.h>

#include <optional>

namespace redis_tls_test {

namespace {

using namespace std::chrono_literals;
using hubbub::errc;
using hubbub::testing::run_until;
using texts = std::vector<std::string>;

constexpr auto on_tls_port = redis_server::listens::on_tls_port;

void check_that_it_works(hubbub::redis::options const& o) {
    CAPTURE(o.host);
    asio::io_context io;
    redis_tls_peer a(io, o);
    a.listen("t");
    a.run_until_heard("t", "heard");
    CHECK(a.retried.empty());
    CHECK(a.lost.empty());
}

} // namespace

TEST_CASE("a Redis with TLS is talked to by its name and by its address") {
    certificate_authority authority;
    redis_server const server(
        on_tls_port, shows(authority.issue("DNS:localhost,IP:127.0.0.1,DNS:*.redis.test")));
    auto const port = std::to_string(server.port());
    auto const ca_file = "ca_file=" + authority.certificate_file();
    for (auto const& url :
         {"rediss://127.0.0.1:" + port + "?" + ca_file,
          "rediss://localhost:" + port + "?" + ca_file,
          "rediss://127.0.0.1:" + port + "?server_name=a.redis.test&" + ca_file}) {
        CAPTURE(url);
        check_that_it_works(hubbub::redis::parse_url(url));
    }
}

TEST_CASE("one class speaks TLS or not, as its options say") {
    redis_server const on_port;
    check_that_it_works(options_for(on_port));
    redis_server const on_unix_socket(redis_server::listens::on_unix_socket);
    check_that_it_works(options_for(on_unix_socket));
}

TEST_CASE("without verification any certificate will do") {
    certificate_authority authority;
    redis_server const server(on_tls_port, shows(authority.issue("DNS:other.test", -2h, -1h)));
    check_that_it_works(hubbub::redis::parse_url(
        "rediss://127.0.0.1:" + std::to_string(server.port()) + "?verify=no"));
}

TEST_CASE("a Redis that asks for a certificate is shown one") {
    certificate_authority authority;
    auto const known = authority.issue("DNS:client.test");
    redis_server const server(on_tls_port,
                              shows(authority.issue("IP:127.0.0.1"),
                                    {"--tls-ca-cert-file", authority.certificate_file()}));
    auto o = tls_options_for(server, authority);
    o.tls->certificate_file = known.certificate_file;
    o.tls->key_file = known.key_file;
    check_that_it_works(o);
}

TEST_CASE("large and many messages come whole and in order over TLS") {
    certificate_authority authority;
    redis_server const server(on_tls_port, shows(authority.issue("IP:127.0.0.1")));
    asio::io_context io;
    redis_tls_peer a(io, tls_options_for(server, authority));
    a.listen("t");
    texts sent; // from less than a record of TLS to many of them
    for (std::size_t i = 0; i < 200; ++i)
        sent.emplace_back(i * i * 10 + 1, static_cast<char>('a' + i % 26));
    for (auto const& text : sent)
        a.bus.async_publish("t", text, a.on_published());
    a.run_until([&] { return a.published.size() == sent.size(); }, "all answers");
    a.run_until([&] { return a.received.size() == sent.size(); }, "all messages");
    CHECK(a.published == std::vector<std::error_code>(sent.size()));
    CHECK((a.received == sent)); // not to be printed
}

TEST_CASE("a Redis with TLS that is stopped or killed is lost, and whole again") {
    certificate_authority authority;
    redis_server server(on_tls_port, shows(authority.issue("IP:127.0.0.1")));
    asio::io_context io;
    redis_tls_peer a(io, tls_options_for(server, authority));
    a.listen("t");
    a.run_until_heard("t", "before");

    server.stop();
    a.run_until([&] { return !a.retried.empty(); }, "an attempt");
    CHECK(!a.bus.publish("t", "while away"));
    server.start();
    a.run_until_whole(2);
    a.run_until_heard("t", "after the stop");

    server.kill();
    a.run_until([&] { return a.lost.size() == 2; }, "the loss");
    server.start();
    a.run_until_whole(3);
    a.run_until_heard("t", "after the kill");
    CHECK(a.lost == std::vector<std::error_code>(2, errc::disconnected));
    CHECK(a.failed.empty());
}

TEST_CASE("what Redis never had whole over TLS is sent again, and nothing else") {
    certificate_authority authority;
    redis_server server(on_tls_port, shows(authority.issue("IP:127.0.0.1")));
    asio::io_context io;
    redis_tls_peer a(io, tls_options_for(server, authority));
    a.run_until_whole();

    // More than the kernel takes for a server that does not read.
    server.pause();
    constexpr std::size_t count = 200;
    for (std::size_t i = 0; i < count; ++i)
        a.bus.async_publish("t", std::to_string(i) + ":" + std::string(100'000, 'x'),
                            a.on_published());
    std::size_t left = 0;
    a.run_until(
        [&, still = 0]() mutable {
            auto const now = a.bus.statistics().queued_bytes;
            still = now == std::exchange(left, now) ? still + 1 : 0;
            return still > 30 && left > 0;
        },
        "a connection that is full");
    server.kill();
    a.run_until([&] { return !a.published.empty(); }, "the outcome of what was handed over");
    CHECK(a.published == std::vector<std::error_code>(a.unknown, errc::outcome_unknown));
    auto const unknown = a.published.size();
    CHECK(unknown < count);

    server.start();
    auto third_party = server.connect();
    third_party.command({"SUBSCRIBE", "t"});
    a.run_until([&] { return a.published.size() == count; }, "the rest");
    for (auto i = unknown; i < count; ++i) {
        auto const message = third_party.read(); // message, channel, payload
        CHECK(message.substr(0, message.find(':')) == "message\nt\n" + std::to_string(i));
    }
    CHECK(a.bus.statistics().confirmed == count - unknown);
}

TEST_CASE("a Redis with TLS that is frozen is noticed, and not taken for one without") {
    certificate_authority authority;
    redis_server const server(on_tls_port, shows(authority.issue("IP:127.0.0.1")));
    asio::io_context io;
    auto o = tls_options_for(server, authority);
    o.ping_interval = o.response_timeout = o.connect_timeout = 200ms;
    redis_tls_peer a(io, o);
    a.listen("t");
    a.run_until_heard("t", "before");

    server.pause();
    auto const losses = a.lost.size(); // a busy machine may have been too slow for 200 ms
    a.run_until([&] { return a.lost.size() > losses; }, "a link that is lost");
    CHECK(a.lost.back() == errc::timed_out);
    auto const attempts = a.retried.size();
    for (std::size_t i = 1; i <= 4; ++i) // the first is resumed while it shakes hands, the next not
        a.run_until([&] { return a.retried.size() > attempts + i; }, "attempts");
    CHECK(a.retried.back() == errc::timed_out);

    auto const times = a.whole.size();
    server.resume();
    a.run_until_whole(times + 1);
    a.run_until_heard("t", "after");
    CHECK(a.failed.empty());
}

namespace {

/// The name that a client asks a server for (SNI); empty if for none.
std::string requested_name(hubbub::redis::options o, certificate_authority::identity const& shown) {
    asio::io_context io;
    asio::ssl::context context(asio::ssl::context::tls_server);
    context.use_certificate_chain_file(shown.certificate_file);
    context.use_private_key_file(shown.key_file, asio::ssl::context::pem);
    asio::ip::tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
    asio::ssl::stream<asio::ip::tcp::socket> guest(io, context);
    std::optional<std::string> name;
    acceptor.async_accept(guest.next_layer(), [&](std::error_code failed) {
        REQUIRE(!failed);
        guest.async_handshake(asio::ssl::stream_base::server, [&](std::error_code error) {
            CHECK(!error);
            auto const* const asked =
                SSL_get_servername(guest.native_handle(), TLSEXT_NAMETYPE_host_name);
            name = asked != nullptr ? asked : "";
        });
    });
    o.port = acceptor.local_endpoint().port();
    redis_tls_peer a(io, o);
    a.run_until([&] { return name.has_value(); }, "a handshake");
    return *name;
}

} // namespace

TEST_CASE("a server is asked for by the name that its certificate must have, and by no address") {
    certificate_authority authority;
    auto const shown = authority.issue("DNS:localhost,DNS:redis.test,IP:127.0.0.1,IP:::1");
    hubbub::redis::options o;
    o.tls.emplace().ca_file = authority.certificate_file();
    o.host = "localhost";
    CHECK(requested_name(o, shown) == "localhost");
    o.host = "127.0.0.1";
    CHECK(requested_name(o, shown) == "");
    o.tls->server_name = "redis.test";
    CHECK(requested_name(o, shown) == "redis.test");
    o.tls->server_name = "::1";
    CHECK(requested_name(o, shown) == "");
}

} // namespace redis_tls_test
