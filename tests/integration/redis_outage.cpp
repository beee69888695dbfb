// SPDX-License-Identifier: MIT
// What the user is told, and what becomes of messages, when a link is deaf, cut off, or away for long.
#include <hubbub/memory_budget.hpp>
#include <hubbub/receiver.hpp>
#include <hubbub/transport/drain.hpp>
#include <support/redis_peer.hpp>
#include <support/small_redis.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>
#include <asio/thread_pool.hpp>
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace redis_outage_test {

namespace {

using namespace std::chrono_literals;
using hubbub::errc;
using hubbub::link_state;
using hubbub::outage_policy;
using hubbub::redis_errc;
using texts = std::vector<std::string>;

hubbub::redis::options options_for_port(std::uint16_t port) {
    hubbub::redis::options o;
    o.port = port;
    o.reconnect_base = 10ms;
    o.reconnect_cap = 50ms;
    return o;
}

texts numbered(int first, int last) {
    texts all;
    for (int i = first; i <= last; ++i)
        all.push_back(std::to_string(i));
    return all;
}

/// The result of a drain.
struct drained {
    auto handler() {
        return [this](std::error_code e, std::uint64_t n) { result.emplace(e, n); };
    }
    std::optional<std::pair<std::error_code, std::uint64_t>> result;
};

} // namespace

TEST_CASE("a link that is up and deaf is found by a probe, replaced, and whole again") {
    asio::io_context io;
    support::small_redis redis(io);
    auto o = options_for_port(redis.port());
    o.probe_interval = 50ms;
    o.response_timeout = 200ms;
    redis_peer a(io, o);
    a.listen("t");
    a.run_until_heard("t", "before");
    a.run_until([&] { return a.bus.statistics().probe_round_trip > 0us; }, "a probe");
    auto const times = a.whole.size();
    auto const losses = a.lost.size();

    SUBCASE("it answers, and gives messages out to nobody it knows of") {
        redis.deafen();
    }
    SUBCASE("it has forgotten the subscriptions, and says so") {
        redis.forget_subscriptions();
    }
    a.run_until([&] { return a.lost.size() > losses; }, "a link that is lost");
    CHECK(a.lost.back() == errc::link_deaf);
    a.run_until_whole(times + 1);
    a.run_until_heard("t", "after");
    CHECK(a.bus.statistics().reconnects >= 1);
}

TEST_CASE("a link on which messages come and commands do not go is found, and replaced") {
    asio::io_context io;
    support::small_redis redis(io);
    auto o = options_for_port(redis.port());
    o.probe_interval = 20ms; // its message comes, again and again
    o.ping_interval = o.response_timeout = 200ms;
    redis_peer a(io, o);
    a.listen("t");
    a.run_until_heard("t", "before");
    redis.swallow_commands();
    SUBCASE("when something is subscribed") {
        a.listen("u");
        a.run_until_heard("u", "after");
    }
    SUBCASE("when nothing is") {}
    a.run_until_whole(2);
    CHECK(a.lost == std::vector<std::error_code>{errc::timed_out});
    a.run_until_heard("t", "after all");
}

TEST_CASE("a probe goes through a real Redis and back, and its time is in the statistics") {
    redis_server server;
    asio::io_context io;
    auto o = options_for(server, "Chat");
    o.probe_interval = 20ms;
    redis_peer a(io, o);
    a.run_until_whole();
    a.run_until([&] { return a.bus.statistics().probe_round_trip > 0us; }, "a probe");
    CHECK(a.bus.statistics().published == 0);
    CHECK(a.bus.statistics().received == 0);
    CHECK(a.lost.empty());
}

TEST_CASE("refuse: while Redis is away publishes are refused as link_down") {
    redis_server server;
    asio::io_context io;
    auto o = options_for(server);
    o.limits.while_down = outage_policy::refuse;
    redis_peer a(io, o);
    a.listen("t");
    server.stop();
    a.run_until([&] { return !a.retried.empty(); }, "the end to be noticed");
    CHECK(a.bus.publish("t", "lost") == errc::link_down);
    server.start();
    a.run_until_whole(2);
    a.run_until_heard("t", "after");
    CHECK(std::count(a.received.begin(), a.received.end(), "lost") == 0);
}

TEST_CASE(
    "keep_newest: when Redis is back the newest go out, and the user knows how many did not") {
    redis_server server;
    asio::io_context io;
    auto o = options_for(server);
    o.limits.while_down = outage_policy::keep_newest;
    o.limits.max_queue_messages = 10;
    redis_peer a(io, o);
    std::uint64_t displaced = 0;
    a.bus.set_observer([&](hubbub::event const& e) {
        if (auto const* const d = std::get_if<hubbub::publishes_displaced>(&e))
            displaced += d->count;
        std::visit(a, e);
    });
    a.listen("t");
    server.stop();
    a.run_until([&] { return !a.retried.empty(); }, "the end to be noticed");
    for (auto const& text : numbered(1, 30))
        a.bus.async_publish("t", text, a.on_published());
    server.start();
    a.run_until([&] { return a.published.size() == 30; }, "all publishes to end");
    CHECK(std::count(a.published.begin(), a.published.end(), errc::displaced) == 20);
    a.run_until([&] { return displaced == 20; }, "what was displaced to be told");
    CHECK(a.bus.statistics().displaced == 20);
    CHECK(a.bus.statistics().queued_peak == 10);
    // They may go out before the subscription is active again: those that come are of the newest.
    auto const newest = numbered(21, 30);
    for (auto const& text : a.received)
        CHECK(std::count(newest.begin(), newest.end(), text) == 1);
}

TEST_CASE("a publish with patience waits for a Redis that is away, or for its cancellation") {
    redis_server server;
    asio::io_context io;
    auto o = options_for(server);
    o.limits.max_queue_messages = 1;
    redis_peer a(io, o);
    a.run_until_whole();
    server.stop();
    a.run_until([&] { return !a.retried.empty(); }, "the end to be noticed");
    asio::cancellation_signal stop;
    std::optional<std::error_code> cancelled;
    CHECK(!a.bus.publish("t", "fills the queue"));
    a.bus.async_publish("t", std::string("waits"), hubbub::wait_up_to{60s}, a.on_published());
    CHECK(a.bus.publish("t", "overtakes") == errc::queue_full);
    server.start();
    a.run_until([&] { return !a.published.empty(); }, "the publish that waits");
    CHECK(a.published.front() == std::error_code{});

    server.pause();
    CHECK(!a.bus.publish("t", "fills the queue"));
    a.bus.async_publish(
        "t", std::string("never"), hubbub::wait_forever,
        asio::bind_cancellation_slot(
            stop.slot(), [&](std::error_code e, hubbub::receiver_count) { cancelled = e; }));
    stop.emit(asio::cancellation_type::total);
    a.run_until([&] { return cancelled.has_value(); }, "the cancellation");
    CHECK(*cancelled == asio::error::operation_aborted);
    server.resume();
    a.run_until([&] { return a.bus.statistics().queued == 0; }, "the rest");
}

TEST_CASE("a drain hands all over to Redis, and leaves; a Redis that is frozen ends it in time") {
    redis_server server;
    asio::io_context io;
    redis_peer listener(io, options_for(server));
    listener.listen("t");
    auto o = options_for(server);
    o.client_name = "leaver";
    redis_peer a(io, o);
    a.run_until_whole();
    drained end;
    SUBCASE("all is handed over") {
        for (auto const& text : numbered(1, 1000))
            CHECK(!a.bus.publish("t", text));
        hubbub::async_drain(a.bus.transport(), 30s, end.handler());
        CHECK(a.bus.publish("t", "late") == errc::closed);
        a.run_until([&] { return end.result.has_value(); }, "the drain");
        CHECK(*end.result == std::pair<std::error_code, std::uint64_t>{{}, 0});
        listener.run_until([&] { return listener.received.size() == 1000; }, "all messages");
        CHECK(listener.received == numbered(1, 1000));
        listener.run_until(
            [&] {
                return server.command("CLIENT", "LIST").find("name=leaver") == std::string::npos;
            },
            "its connections to be gone");
    }
    SUBCASE("a Redis that does not answer") {
        server.pause();
        for (auto const& text : numbered(1, 3))
            CHECK(!a.bus.publish("t", text));
        hubbub::async_drain(a.bus.transport(), 100ms, end.handler());
        a.run_until([&] { return end.result.has_value(); }, "the drain");
        CHECK(*end.result == std::pair<std::error_code, std::uint64_t>{errc::timed_out, 3});
        CHECK(a.bus.statistics().unknown + a.bus.statistics().discarded == 3);
        server.resume();
    }
}

TEST_CASE("a wrong password ends the link, or is tried again until it is right, as the user says") {
    redis_server server;
    asio::io_context io;
    auto o = options_for(server);
    o.password = "right";
    o.gives_up_on = [](std::error_code) { return false; };
    redis_peer a(io, o); // no password is set there yet
    a.run_until([&] { return a.retried.size() >= 3; }, "attempts");
    CHECK(a.retried.front() == redis_errc::authentication_failed);
    CHECK(a.failed.empty());
    server.command("CONFIG", "SET", "requirepass", "right");
    a.run_until_whole();
}

TEST_CASE("a sink that blocks on threads of its own does not stop the reader") {
    redis_server server;
    asio::io_context io;
    asio::thread_pool pool(1);
    redis_peer a(io, options_for(server));
    std::atomic<bool> blocked = false;
    std::atomic<bool> release = false;
    {
        auto const slow = a.bus.subscribe<std::string>(
            "t", {}, asio::bind_executor(pool.get_executor(), [&](std::string const&) {
                blocked = true;
                release.wait(false);
            }));
        a.listen("t");
        for (auto const& text : numbered(1, 100))
            CHECK(!a.bus.publish("t", text));
        a.run_until([&] { return a.received.size() == 100 && blocked; }, "what the others get");
        CHECK(a.received == numbered(1, 100));
        CHECK(a.bus.statistics().pending == 99);
        release = true;
        release.notify_all();
        a.run_until([&] { return a.bus.statistics().delivered == 200; }, "the slow one");
    }
    pool.join();
}

TEST_CASE("a subscriber that Redis cuts off, since it did not read, is told so when it is back") {
    redis_server server(redis_server::listens::on_port,
                        {"--client-output-buffer-limit", "pubsub", "65536", "65536", "1"});
    asio::io_context io;
    redis_peer a(io, options_for(server));
    a.listen("t");
    auto publisher = server.connect();
    std::string const text(std::size_t{16} << 10, 'x');
    // Nobody runs io: the buffers of the sockets fill, and then that of Redis.
    int published = 0;
    while (publisher.command({"PUBLISH", "t", text}) == "1")
        REQUIRE(++published < 10'000);
    a.run_until_whole(2);
    CHECK(a.cut_offs == 1);
    CHECK(a.bus.statistics().cut_offs == 1);
    CHECK(a.lost.size() == 1);
    a.run_until_heard("t", "after");

    server.command("CLIENT", "KILL", "TYPE",
                   "pubsub"); // which is no cut-off, once it has caught up
    a.run_until_whole(3);
    CHECK(a.cut_offs == 1);
}

TEST_CASE(
    "who waits for a budget when the transport ends is gone with the io_context, if none runs it") {
    auto budget = std::make_shared<hubbub::memory_budget>(100);
    REQUIRE(budget->try_take(100));
    std::weak_ptr<int> handler;
    {
        asio::io_context io;
        hubbub::redis::options o;
        o.limits.budget = budget;
        hubbub::redis_transport transport(io.get_executor(), o);
        auto const part = std::make_shared<int>();
        handler = part;
        transport.wait_for_room(
            10, {transport.get_executor(), [part](std::error_code) { FAIL("nobody runs it"); }});
    }
    CHECK(handler.expired());
    budget->give_back(100); // which must touch nothing of the io_context
    budget.reset();
}

} // namespace redis_outage_test
