// SPDX-License-Identifier: MIT
// What the link does when Redis comes, goes, or freezes.
#include <support/redis_peer.hpp>

#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <cerrno>

namespace redis_link_test {

namespace {

using namespace std::chrono_literals;
using hubbub::errc;
using hubbub::link_state;
using hubbub::redis_errc;
using hubbub::testing::run_until;
using texts = std::vector<std::string>;

texts numbered(int count) {
    texts all;
    for (int i = 0; i < count; ++i)
        all.push_back(std::to_string(i));
    return all;
}

/// What a third party that has subscribed gets next: count payloads.
texts payloads(redis_client& subscriber, std::size_t count) {
    texts all;
    while (all.size() < count) {
        auto const message = subscriber.read(); // message, channel, payload
        all.push_back(message.substr(message.rfind('\n') + 1));
    }
    return all;
}

} // namespace

TEST_CASE("a Redis that is stopped and started again is lost and whole again") {
    redis_server server;
    asio::io_context io;
    redis_peer a(io, options_for(server, "Chat"));
    redis_peer b(io, options_for(server, "Chat"));
    a.listen("t");
    b.listen("t");
    b.listen(hubbub::pattern{"u*"});
    CHECK(!a.bus.publish("t", "before"));
    run_until(io, [&] { return !a.received.empty() && !b.received.empty(); }, "a message");
    CHECK(a.whole == std::vector{0ms});
    CHECK(a.bus.state() == link_state::whole);

    server.stop();
    run_until(io, [&] { return !a.retried.empty() && !b.retried.empty(); }, "both to notice");
    CHECK(a.lost == std::vector<std::error_code>{errc::disconnected});
    CHECK(b.lost == std::vector<std::error_code>{errc::disconnected});
    CHECK(a.bus.state() == link_state::down);
    for (auto const& text : numbered(100))
        a.bus.async_publish("t", text, a.on_published());
    CHECK(a.bus.statistics().queued == 100);
    CHECK(a.bus.statistics().queued_bytes > 100);
    a.bus.async_subscribe<std::string>("new", a.sink(),
                                       [&](std::error_code error, hubbub::subscription made) {
                                           CHECK(!error);
                                           a.subscriptions.push_back(std::move(made));
                                       });
    b.subscriptions.erase(b.subscriptions.begin()); // "t"

    server.start();
    auto third_party = server.connect();
    third_party.command({"SUBSCRIBE", "Chat:t"});
    a.run_until_whole(2);
    b.run_until_whole(2);
    run_until(io, [&] { return a.published.size() == 100; }, "what was queued");

    CHECK(a.whole.back() > 0ms);
    CHECK(a.bus.state() == link_state::whole);
    CHECK(a.published == std::vector<std::error_code>(100));
    // Each once, in order; whether a's own link was whole in time to hear them is not promised.
    CHECK(payloads(third_party, 100) == numbered(100));
    CHECK(a.bus.statistics().confirmed == 101);
    CHECK(a.bus.statistics().link_losses == 1);
    CHECK(a.unknown == 0);

    auto channels = server.connect().list({"PUBSUB", "CHANNELS"});
    std::sort(channels.begin(), channels.end());
    CHECK(channels == texts{"Chat:new", "Chat:t"});
    CHECK(server.command("PUBSUB", "NUMSUB", "Chat:t") == "Chat:t\n2"); // a, and the third party
    CHECK(server.command("PUBSUB", "NUMPAT") == "1");
    CHECK(!a.bus.publish("t", "after"));
    CHECK(!a.bus.publish("new", "after, new"));
    CHECK(!a.bus.publish("u2", "after, pattern"));
    run_until(io, [&] { return a.received.size() >= 3 && b.received.size() >= 2; }, "messages");
    CHECK(payloads(third_party, 1) == texts{"after"});
    CHECK(b.received == texts{"before", "after, pattern"});
}

TEST_CASE("what was handed over when Redis died is unknown, and not sent again") {
    redis_server server;
    asio::io_context io;
    redis_peer a(io, options_for(server));
    a.listen("t");

    server.pause();
    for (auto const& text : numbered(10))
        a.bus.async_publish("t", text, a.on_published());
    a.run_until([&] { return a.bus.statistics().queued_bytes == 0; }, "all to be handed over");
    CHECK(a.bus.statistics().queued == 10);
    server.kill();
    a.run_until([&] { return a.published.size() == 10; }, "the outcome");
    CHECK(a.published == std::vector<std::error_code>(10, errc::outcome_unknown));
    CHECK(a.unknown == 10);
    CHECK(a.bus.statistics().unknown == 10);
    CHECK(a.lost.size() == 1);

    CHECK(!a.bus.publish("t", "while away"));
    server.start();
    auto third_party = server.connect();
    third_party.command({"SUBSCRIBE", "t"});
    a.run_until_whole(2);
    a.run_until([&] { return a.bus.statistics().queued == 0; }, "the queue to drain");
    CHECK(!a.bus.publish("t", "after"));
    CHECK_NOTHROW(
        a.run_until([&] { return a.bus.statistics().confirmed == 2; }, "two confirmations"));
    CHECK(payloads(third_party, 2) == texts{"while away", "after"});
}

TEST_CASE("a Redis that is not there yet is waited for") {
    redis_server server;
    server.stop();
    asio::io_context io;
    redis_peer a(io, options_for(server));
    a.bus.async_publish("t", "early", a.on_published());
    bool active = false;
    auto const made = [&](std::error_code error, hubbub::subscription s) {
        CHECK(!error);
        active = true;
        a.subscriptions.push_back(std::move(s));
    };
    a.bus.async_subscribe<std::string>("t", a.sink(), made);
    a.run_until([&] { return a.retried.size() >= 3; }, "three attempts");
    CHECK(a.retried.front() == asio::error::connection_refused);
    CHECK(a.lost.empty());
    CHECK(a.bus.state() == link_state::down);
    CHECK(!active);
    CHECK(a.published.empty());

    server.start();
    a.run_until_whole();
    CHECK(a.whole == std::vector{0ms}); // the first time
    a.run_until([&] { return active && !a.published.empty(); }, "both operations");
    CHECK(a.published == std::vector<std::error_code>(1));
    a.run_until_heard("t", "heard");
}

TEST_CASE("a unix socket that comes and goes") {
    redis_server server(redis_server::listens::on_unix_socket);
    asio::io_context io;
    redis_peer a(io, options_for(server));
    a.listen("t");
    a.run_until_heard("t", "1");
    server.kill();
    a.run_until([&] { return !a.retried.empty(); }, "an attempt");
    CHECK(a.retried.front() == asio::error::connection_refused); // the file is left
    server.start();
    a.run_until_whole(2);
    a.run_until_heard("t", "2");
    server.stop();
    auto const attempts = a.retried.size();
    a.run_until([&] { return a.retried.size() > attempts + 1; }, "an attempt");
    CHECK(a.retried.back().value() == ENOENT);
}

TEST_CASE("a connection that Redis kills comes back") {
    redis_server server;
    asio::io_context io;
    redis_peer a(io, options_for(server));
    a.listen("t");
    for (std::string const type : {"pubsub", "normal", "pubsub", "normal"}) {
        CAPTURE(type);
        auto const times = a.whole.size();
        CHECK(server.command("CLIENT", "KILL", "TYPE", type) == "1");
        a.run_until_whole(times + 1);
        a.run_until_heard("t", "after " + type + std::to_string(times));
    }
    CHECK(a.lost == std::vector<std::error_code>(4, errc::disconnected));
    CHECK(a.failed.empty());
    auto const n = a.bus.statistics();
    CHECK(n.link_losses == 4);
    CHECK(n.published == n.confirmed + n.unknown);
}

TEST_CASE("a Redis that is frozen is noticed") {
    redis_server server;
    asio::io_context io;
    auto o = options_for(server);
    o.ping_interval = 200ms;
    o.response_timeout = 200ms;
    o.connect_timeout = 200ms;
    redis_peer a(io, o);
    a.listen("t");
    a.run_until_heard("t", "before");

    server.pause();
    auto const begin = std::chrono::steady_clock::now();
    auto const losses = a.lost.size(); // a busy machine may have been too slow for 200 ms
    a.run_until([&] { return a.lost.size() > losses; }, "a link that is lost");
    auto const noticed_after = std::chrono::steady_clock::now() - begin;
    CHECK(noticed_after < 5s); // 0.4 s, on a machine with nothing else to do
    CHECK(a.lost.back() == errc::timed_out);
    // The kernel goes on accepting connections for it, so that the greeting must time out.
    auto const attempts = a.retried.size();
    a.run_until([&] { return a.retried.size() > attempts + 1; }, "attempts");
    CHECK(a.retried.back() == errc::timed_out);

    auto const times = a.whole.size();
    server.resume();
    a.run_until_whole(times + 1);
    a.run_until_heard("t", "after");
}

TEST_CASE("an idle link stays") {
    redis_server server;
    asio::io_context io;
    auto o = options_for(server);
    o.ping_interval = 10ms;
    redis_peer a(io, o);
    redis_peer without_subscriptions(io, o);
    a.listen("t");
    auto admin = server.connect();
    auto const pings = [&] {
        auto const stats = admin.command({"INFO", "commandstats"});
        auto const at = stats.find("cmdstat_ping:calls=");
        return at == std::string::npos ? 0 : std::stoi(stats.substr(at + 19));
    };
    a.run_until([&] { return pings() > 50; }, "50 PINGs");
    CHECK(a.lost.empty());
    CHECK(without_subscriptions.lost.empty());
    a.run_until_heard("t", "after");
}

TEST_CASE("a host that does not resolve is told, and tried again") {
    asio::io_context io;
    hubbub::redis::options o;
    o.host = "no-such-host.invalid"; // RFC 6761, 6.4
    o.connect_timeout = 60s;
    o.reconnect_base = o.reconnect_cap = 10ms;
    redis_peer a(io, o);
    a.run_until([&] { return a.retried.size() >= 2; }, "two attempts");
    for (auto const& reason : a.retried) {
        CAPTURE(reason.message());
        // The second without a name server, as on a machine without a network.
        CHECK((reason == asio::error::host_not_found ||
               reason == asio::error::host_not_found_try_again));
    }
    a.transport.close();
    CHECK_NOTHROW(hubbub::testing::run_out(io));
}

TEST_CASE("a name that resolves is connected to") {
    redis_server server;
    asio::io_context io;
    auto o = options_for(server);
    o.host = "localhost"; // which may be ::1 first, where nobody listens
    redis_peer a(io, o);
    a.listen("t");
    a.run_until_heard("t", "heard");
}

TEST_CASE("a Redis with too many clients is tried again") {
    redis_server server;
    auto admin = server.connect();
    admin.command({"CONFIG", "SET", "maxclients", "1"});
    asio::io_context io;
    redis_peer a(io, options_for(server));
    a.run_until([&] { return a.retried.size() >= 2; }, "two attempts");
    CHECK(a.retried.front() == redis_errc::too_many_clients);
    CHECK(a.failed.empty());
    admin.command({"CONFIG", "SET", "maxclients", "100"});
    a.run_until_whole();
}

} // namespace redis_link_test
