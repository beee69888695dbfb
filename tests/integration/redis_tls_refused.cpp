// SPDX-License-Identifier: MIT
// Each thing that can be wrong with TLS has an error of its own.
#include <support/redis_tls.hpp>

#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <algorithm>

namespace redis_tls_refused_test {

namespace {

using namespace std::chrono_literals;
using hubbub::errc;
using hubbub::link_state;
using hubbub::tls_errc;

constexpr auto on_tls_port = redis_server::listens::on_tls_port;

/// A peer that ends for a reason, at the first attempt.
void check_that_it_gives_up(hubbub::redis::options const& o, std::error_code expected) {
    CAPTURE(o.host);
    CAPTURE(expected.message());
    asio::io_context io;
    redis_tls_peer a(io, o);
    a.bus.async_publish("t", "x", a.on_published());
    CHECK_NOTHROW(hubbub::testing::run_out(io)); // so it has no timer for another attempt
    for (auto const& reason : a.retried)
        FAIL_CHECK("another attempt was made: " << reason.message());
    CHECK(a.failed == std::vector{expected});
    CHECK(a.published == std::vector{expected});
    CHECK(a.bus.state() == link_state::failed);
}

void check_that_it_tries_again(hubbub::redis::options const& o, std::error_code expected) {
    asio::io_context io;
    redis_tls_peer a(io, o);
    a.run_until([&] { return a.retried.size() >= 3; }, "three attempts");
    CHECK(a.retried == std::vector(a.retried.size(), expected));
    CHECK(a.failed.empty());
}

} // namespace

TEST_CASE("a server that an authority signed whom nobody here trusts is not talked to") {
    certificate_authority authority;
    certificate_authority const other("other.test");
    certificate_authority const namesake;
    redis_server const server(on_tls_port, shows(authority.issue("IP:127.0.0.1")));
    check_that_it_gives_up(tls_options_for(server, other), tls_errc::untrusted);
    check_that_it_gives_up(tls_options_for(server, namesake), tls_errc::untrusted);
    auto o = options_for(server);
    o.tls.emplace(); // who is trusted by the system
    check_that_it_gives_up(o, tls_errc::untrusted);
    CHECK(server.command("INFO", "commandstats").find("publish") == std::string::npos);
}

TEST_CASE("a server whose certificate is for another name or address is not talked to") {
    certificate_authority authority;
    redis_server const server(on_tls_port,
                              shows(authority.issue("DNS:redis.test,DNS:*.a.test,IP:127.0.0.2")));
    auto o = tls_options_for(server, authority);
    for (std::string const host : {"127.0.0.1", "localhost"}) {
        o.host = host;
        check_that_it_gives_up(o, tls_errc::wrong_name);
    }
    for (std::string const name : {"other.test", "a.test", "b.b.a.test", "redis.test.other",
                                   "127.0.0.1", "::1", "*.a.test.other"}) {
        o.tls->server_name = name;
        check_that_it_gives_up(o, tls_errc::wrong_name);
    }
}

TEST_CASE("a server whose certificate has expired is asked again until it is renewed") {
    certificate_authority authority;
    auto const expired = authority.issue("IP:127.0.0.1", -2h, -1h);
    redis_server const server(on_tls_port, shows(expired));
    auto const o = tls_options_for(server, authority);
    check_that_it_tries_again(o, tls_errc::expired);

    asio::io_context io;
    redis_tls_peer a(io, o);
    a.run_until([&] { return !a.retried.empty(); }, "an attempt");
    auto const renewed = authority.issue("IP:127.0.0.1");
    server.command("CONFIG", "SET", "tls-cert-file", renewed.certificate_file, "tls-key-file",
                   renewed.key_file);
    a.run_until_whole();
}

TEST_CASE("a certificate that is not valid yet is as one that has expired") {
    certificate_authority authority;
    redis_server const server(on_tls_port, shows(authority.issue("IP:127.0.0.1", 1h, 2h)));
    check_that_it_tries_again(tls_options_for(server, authority), tls_errc::expired);
}

TEST_CASE("a Redis without TLS is found out, though it leaves the handshake without an answer") {
    certificate_authority const authority;
    redis_server const server;
    asio::io_context io;
    auto o = tls_options_for(server, authority);
    o.connect_timeout = 200ms;
    redis_tls_peer a(io, o);
    CHECK_NOTHROW(hubbub::testing::run_out(io));
    CHECK(a.retried == std::vector<std::error_code>(a.retried.size(), errc::timed_out));
    CHECK(a.failed == std::vector<std::error_code>{tls_errc::not_spoken});
}

TEST_CASE("a Redis without TLS that needs a password is found out too") {
    certificate_authority const authority;
    redis_server const server(redis_server::listens::on_port, {"--requirepass", "secret"});
    asio::io_context io;
    auto o = tls_options_for(server, authority);
    o.connect_timeout = 200ms;
    o.password = "secret";
    redis_tls_peer a(io, o);
    CHECK_NOTHROW(hubbub::testing::run_out(io));
    CHECK(a.failed == std::vector<std::error_code>{tls_errc::not_spoken});
}

TEST_CASE("a server that answers a handshake in plain text is found out at once") {
    certificate_authority const authority;
    redis_server const server;
    auto admin = server.connect();
    admin.command({"CONFIG", "SET", "maxclients", "1"}); // which it says without being asked
    check_that_it_gives_up(tls_options_for(server, authority), tls_errc::not_spoken);
}

TEST_CASE("a client without the certificate that Redis asks for is refused") {
    certificate_authority authority;
    certificate_authority other("other.test");
    certificate_authority namesake;
    std::string protocols;
    SUBCASE("TLS 1.3, where the client hears of it after the handshake") {
        protocols = "TLSv1.3";
    }
    SUBCASE("TLS 1.2") {
        protocols = "TLSv1.2";
    }
    redis_server const server(
        on_tls_port,
        shows(authority.issue("IP:127.0.0.1"),
              {"--tls-ca-cert-file", authority.certificate_file(), "--tls-protocols", protocols}));
    auto o = tls_options_for(server, authority);
    check_that_it_gives_up(o, tls_errc::refused);

    for (auto const& shown : {other.issue("DNS:client.test"), namesake.issue("DNS:client.test"),
                              authority.issue("DNS:client.test", -2h, -1h)}) {
        o.tls->certificate_file = shown.certificate_file;
        o.tls->key_file = shown.key_file;
        check_that_it_gives_up(o, tls_errc::refused);
    }
}

TEST_CASE("a Redis with TLS that has too many clients is tried again") {
    certificate_authority authority;
    redis_server const server(on_tls_port, shows(authority.issue("IP:127.0.0.1")));
    auto admin = server.connect();
    admin.command({"CONFIG", "SET", "maxclients", "1"});
    asio::io_context io;
    redis_tls_peer a(io, tls_options_for(server, authority));
    a.run_until([&] { return a.retried.size() >= 2; }, "two attempts");
    CHECK(a.failed.empty());
    admin.command({"CONFIG", "SET", "maxclients", "100"});
    a.run_until_whole();
}

TEST_CASE("a client without TLS does not get through to a port with TLS") {
    certificate_authority authority;
    redis_server const server(on_tls_port, shows(authority.issue("IP:127.0.0.1")));
    asio::io_context io;
    redis_peer a(io, options_for(server));
    a.run_until([&] { return a.retried.size() >= 2; }, "two attempts");
    CAPTURE(a.retried.front().message());
    CHECK(a.bus.state() == link_state::down);
    CHECK(a.whole.empty());
}

} // namespace redis_tls_refused_test
