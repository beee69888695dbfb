// SPDX-License-Identifier: MIT
// A handshake that fails at any of its records, of either side, is told and tried again.
#include <support/redis_tls.hpp>
#include <support/tls_proxy.hpp>

#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/ssl/error.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

namespace redis_tls_handshake_test {

namespace {

using namespace std::chrono_literals;
using hubbub::errc;
using harm = tls_proxy::harm;
using side = tls_proxy::side;
using fault = tls_proxy::fault;

constexpr std::chrono::milliseconds never = 1h;

/// A Redis that asks for a client's certificate, so that a handshake has all the records it can.
struct stage {
    explicit stage(std::string const& protocol)
        : server(redis_server::listens::on_tls_port,
                 shows(authority.issue("IP:127.0.0.1"),
                       {"--tls-ca-cert-file", authority.certificate_file(), "--tls-protocols",
                        protocol})) {}

    hubbub::redis::options options(std::uint16_t port, std::chrono::milliseconds timeout) const {
        auto o = tls_options_for(server, authority);
        o.tls->certificate_file = client.certificate_file;
        o.tls->key_file = client.key_file;
        o.port = port;
        o.connect_timeout = timeout;
        return o;
    }

    certificate_authority authority;
    certificate_authority::identity const client = authority.issue("DNS:client.test");
    redis_server const server;
    asio::io_context io;
};

/// A peer behind a proxy that does harm to one record, until the peer has told of it.
struct trial {
    trial(stage& s, fault const& f, std::chrono::milliseconds timeout)
        : harmful(f), proxy(s.io, s.server.port(), f),
          peer(s.io, s.options(proxy.port(), timeout)) {}

    /// That harm was done.
    bool told() {
        if (took > 0s)
            return true;
        if (proxy.harmed() == 0 || (peer.retried.empty() && peer.failed.empty()))
            return false;
        took = std::chrono::steady_clock::now() - begin;
        proxy.mend();
        return true;
    }

    /// And what the attempts before had opened is closed.
    bool is_whole() const {
        constexpr unsigned links = 2;
        return !peer.failed.empty() || (!peer.whole.empty() && proxy.open() == links);
    }

    fault const harmful;
    std::chrono::steady_clock::time_point const begin = std::chrono::steady_clock::now();
    std::chrono::steady_clock::duration took{};
    tls_proxy proxy;
    redis_tls_peer peer;
};

/// One for each record of a handshake, and of what is said after it until the link is whole.
std::vector<fault> each_record(stage& s, std::initializer_list<harm> harms) {
    trial harmless(s, {}, never);
    harmless.peer.run_until_whole();
    std::vector<fault> all;
    for (auto const what : harms)
        for (auto const sender : {side::client, side::server})
            for (std::size_t n = 0; n < harmless.proxy.sent_by(sender); ++n)
                all.push_back({sender, n, what});
    harmless.peer.transport.close();
    harmless.proxy.close();
    CHECK_NOTHROW(hubbub::testing::run_out(s.io));
    CHECK(all.size() > 10 * harms.size());
    return all;
}

/// A trial for each fault; is_right is asked for each reason that was told. Each begins when harm was
/// done to the one before, so that a silence is waited for once, and no two handshakes wait for each
/// other on a slow machine.
template <class Predicate>
void check_each(stage& s, std::vector<fault> const& faults, Predicate is_right,
                std::chrono::milliseconds timeout = never) {
    std::deque<trial> trials;
    auto const all_told = [&] {
        return std::count_if(trials.begin(), trials.end(), [](trial& t) { return t.told(); }) ==
               std::ssize(trials);
    };
    for (auto const& f : faults) {
        auto& t = trials.emplace_back(s, f, timeout);
        hubbub::testing::run_until(
            s.io, [&] { return all_told() || t.proxy.harmed() > 0; }, "a record to come to harm");
    }
    auto const all_whole = [&] {
        return std::all_of(trials.begin(), trials.end(), std::mem_fn(&trial::is_whole));
    };
    hubbub::testing::run_until(s.io, all_told, "each trial to tell of its fault");
    hubbub::testing::run_until(s.io, all_whole, "links that are whole, and no others");

    for (auto& t : trials) {
        bool const by_client = t.harmful.sender == side::client;
        CAPTURE(by_client);
        CAPTURE(t.harmful.number);
        CAPTURE(static_cast<int>(t.harmful.what));
        CHECK(t.took < 5s); // at once, or 1 s, on a machine with nothing else to do
        for (auto const& reason : t.peer.retried)
            CHECK_MESSAGE(is_right(reason), reason.message());
        for (auto const& reason : t.peer.failed)
            FAIL_CHECK("given up: " << reason.message());
        CHECK(t.peer.lost.empty());
        t.peer.transport.close();
        t.proxy.close();
    }
    CHECK_NOTHROW(hubbub::testing::run_out(s.io)); // so nothing is left that was begun
}

/// An error that tells of the record, or that Redis tells of it; or it just leaves.
bool is_of_openssl(std::error_code reason) {
    return reason.category() == asio::error::get_ssl_category() || reason == errc::disconnected;
}

constexpr char const* protocols[] = {"TLSv1.2", "TLSv1.3"};

} // namespace

TEST_CASE("a handshake that is closed at any record is tried again, at once") {
    for (std::string const protocol : protocols) {
        CAPTURE(protocol);
        stage s(protocol);
        check_each(s, each_record(s, {harm::end_before, harm::end_within}),
                   [](std::error_code reason) { return reason == errc::disconnected; });
    }
}

TEST_CASE("a handshake that is reset at any record is tried again, at once") {
    for (std::string const protocol : protocols) {
        CAPTURE(protocol);
        stage s(protocol);
        check_each(s, each_record(s, {harm::reset_within}), [](std::error_code reason) {
            return reason == asio::error::connection_reset || reason == asio::error::broken_pipe;
        });
    }
}

TEST_CASE("a handshake that falls silent at any record is tried again, when its time is over") {
    for (std::string const protocol : protocols) {
        CAPTURE(protocol);
        stage s(protocol);
        auto faults = each_record(s, {harm::silence_within});
        faults.push_back(
            {side::server, 0, harm::silence_before}); // as a Redis without TLS is silent
        check_each(s, faults, [](std::error_code reason) { return reason == errc::timed_out; }, 1s);
    }
}

TEST_CASE("a handshake of which any record is damaged is tried again, at once") {
    for (std::string const protocol : protocols) {
        CAPTURE(protocol);
        stage s(protocol);
        check_each(s, each_record(s, {harm::other_content}), is_of_openssl);
    }
}

TEST_CASE("a handshake that goes on as plain text is tried again: the server does speak TLS") {
    for (std::string const protocol : protocols) {
        CAPTURE(protocol);
        stage s(protocol);
        auto faults = each_record(s, {harm::other_bytes});
        std::erase_if(faults,
                      [](fault const& f) { // where it is not known to: redis_tls_refused.cpp
                          return f.sender == side::server && f.number == 0;
                      });
        check_each(s, faults, is_of_openssl);
    }
}

} // namespace redis_tls_handshake_test
