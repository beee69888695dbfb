// Connections that are read instead of called, on every bus.
#include "support/hub_stage.hpp"

#include <hubbub/testing/virtual_time.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace {

template <class Setup>
struct reader {
    using bus_type = typename Setup::bus;
    using invocation = hubbub::invocation<typename bus_type::serializer_type>;

    reader(stage<Setup>& s, server<Setup>& at, hubbub::outbox_options const& options) : stage_(s) {
        CHECK(!s.complete([&](auto done) {
            at.hub->async_connect_receiver("reader", options, [this, done](auto error, auto made) {
                connection = std::move(made);
                done(error);
            });
        }));
    }

    /// What the next call says, or why there is none.
    std::string next() {
        std::optional<std::string> line;
        connection.async_receive([&](std::error_code error, invocation const& call) {
            line = error ? error.message() : text_of(call);
        });
        stage_.run_until([&] { return line.has_value(); }, "a call to read");
        return *line;
    }

    static std::string text_of(invocation const& call) {
        std::tuple<std::string> text;
        CHECK(!call.arguments(text));
        return std::get<0>(text);
    }

    stage<Setup>& stage_;
    hubbub::receiving_connection<bus_type> connection;
};

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE("a connection is read in the order called, at once or when it comes") {
    stage<json_setup> s;
    for (auto& at : s.servers) {
        reader<json_setup> r(s, at, {});
        auto const all = s.right().hub->clients().all();
        for (auto const* const text : {"1", "2", "3"})
            CHECK(!all.send("tell", text));
        CHECK(r.next() == "1");
        CHECK(r.next() == "2");
        s.run_until(
            [&] {
                auto const third = r.connection.try_receive();
                return third && reader<json_setup>::text_of(*third) == "3";
            },
            "the third call");
        CHECK(!r.connection.try_receive());

        std::optional<std::string> later;
        r.connection.async_receive(
            [&](std::error_code, auto const& call) { later = reader<json_setup>::text_of(call); });
        std::optional<std::error_code> second;
        r.connection.async_receive([&](std::error_code error, auto const&) { second = error; });
        s.run_until([&] { return second.has_value(); }, "a second receive to be refused");
        CHECK(*second == asio::error::already_started);
        CHECK(!later);
        CHECK(!all.send("tell", "4"));
        s.run_until([&] { return later.has_value(); }, "the call waited for");
        CHECK(*later == "4");

        asio::cancellation_signal stop;
        std::optional<std::error_code> stopped;
        r.connection.async_receive(asio::bind_cancellation_slot(
            stop.slot(), [&](std::error_code error, auto const&) { stopped = error; }));
        stop.emit(asio::cancellation_type::all);
        s.run_until([&] { return stopped.has_value(); }, "the cancellation");
        CHECK(*stopped == asio::error::operation_aborted);
        CHECK(!all.send("tell", "5"));
        CHECK(r.next() == "5");
    }
}

TEST_CASE("who never reads delays nobody, and is ended as too slow") {
    stage<json_setup> s;
    lines ends;
    std::deque<reader<json_setup>> readers;
    for (auto& at : s.servers) {
        at.hub->on_disconnected([&](hubbub::caller const& who, hubbub::close_reason const& why) {
            ends.push_back(who.user() + ": " + why.code.message());
        });
        readers.emplace_back(s, at, hubbub::outbox_options{.max_messages = 10});
        s.connect(at);
    }
    lines expected;
    for (int i = 0; i < 100; ++i) {
        expected.push_back(std::to_string(i));
        CHECK(!s.right().hub->clients().all().send("tell", expected.back()));
    }
    s.flush(s.right());
    for (auto const& fast : s.clients)
        CHECK(fast.told == expected);
    s.run_until([&] { return ends.size() == s.servers.size(); }, "the slow ones to be ended");
    CHECK(ends ==
          lines(s.servers.size(), "reader: the consumer is too slow, and its queue was full"));
    for (auto& r : readers)
        CHECK(r.next() == "the consumer is too slow, and its queue was full");
    for (auto const& at : s.servers)
        CHECK(at.hub->connections() == 1);
}

TEST_CASE("a full outbox drops the newest, the oldest, or all but the latest of a method") {
    stage<json_setup> s;
    struct row {
        hubbub::overflow_policy policy;
        lines rest;
        std::size_t dropped;
    };
    for (auto const& expected :
         {row{hubbub::overflow_policy::drop_oldest, {"move 2", "move 3", "move 4"}, 3},
          row{hubbub::overflow_policy::drop_newest, {"move 1", "say 1", "say 2"}, 3},
          row{hubbub::overflow_policy::latest_per_key, {"say 2", "move 4"}, 4}}) {
        for (auto& at : s.servers) {
            std::size_t dropped = 0;
            at.hub->set_observer([&](hubbub::hub_event const& e) {
                if (auto const* const d = std::get_if<hubbub::calls_dropped>(&e))
                    dropped += d->count;
            });
            reader<json_setup> r(s, at, {.max_messages = 3, .when_full = expected.policy});
            auto const all = s.right().hub->clients().all();
            for (auto const* const text :
                 {"move 1", "say 1", "say 2", "move 2", "move 3", "move 4"})
                CHECK(!all.send(text[0] == 'm' ? "move" : "say", text));
            s.run_until([&] { return dropped >= expected.dropped; }, "calls to be dropped");
            for (auto const& text : expected.rest)
                CHECK(r.next() == text);
            CHECK(!r.connection.try_receive());
            CHECK(dropped == expected.dropped);
            CHECK(r.connection.connected());
            CHECK(!all.send("say", "on")); // and it goes on
            CHECK(r.next() == "on");
            at.hub->set_observer({});
        }
    }
}

TEST_CASE("what waits may still be read after its connection was ended") {
    stage<json_setup> s;
    reader<json_setup> r(s, s.left(), {});
    auto const client = s.left().hub->clients().client(r.connection.id());
    CHECK(!client.send("tell", "last words"));
    CHECK(!client.disconnect("bye"));
    s.run_until([&] { return !r.connection.connected(); }, "the end");
    CHECK(r.next() == "last words");
    CHECK(r.next() == hubbub::make_error_code(hubbub::errc::disconnected).message());
}

TEST_CASE("what was left unread may outlive its hub, with a caller that is kept") {
    stage<json_setup> s;
    s.connect(s.left());
    std::optional<hubbub::caller> kept;
    s.left().hub->on_connected([&](hubbub::caller const& who) { kept = who; });
    {
        reader<json_setup> r(s, s.left(), {});
        s.flush(s.left()); // which calls all
    }
    s.left().hub.reset();
    s.run_until([&] { return !s.clients.front().connection.connected(); }, "the end");
    REQUIRE(kept);
    CHECK(!kept->connected());
    kept.reset();
}

TEST_CASE("beyond the budget of all, the one that holds most loses first") {
    auto options = stage<json_setup>::defaults();
    options.outbox_budget = 2000;
    stage<json_setup> s(options);
    lines dropped;
    s.left().hub->set_observer([&](hubbub::hub_event const& e) {
        if (auto const* const d = std::get_if<hubbub::calls_dropped>(&e))
            dropped.emplace_back(d->connection);
    });
    reader<json_setup> modest(s, s.left(), {.when_full = hubbub::overflow_policy::drop_oldest});
    reader<json_setup> greedy(s, s.left(), {.when_full = hubbub::overflow_policy::drop_oldest});
    reader<json_setup> hopeless(s, s.left(), {.when_full = hubbub::overflow_policy::disconnect});
    auto const clients = s.left().hub->clients();
    std::string const text(100, 'x');
    CHECK(!clients.client(modest.connection.id()).send("tell", text));
    for (int i = 0; i < 5; ++i)
        CHECK(!clients.client(greedy.connection.id()).send("tell", text));
    for (int i = 0; i < 7; ++i)
        CHECK(!clients.client(hopeless.connection.id()).send("tell", text));
    s.run_until([&] { return !hopeless.connection.connected(); }, "the worst to be ended");
    CHECK(dropped == lines{hopeless.connection.id()});
    for (int i = 0; i < 10; ++i)
        CHECK(!clients.client(greedy.connection.id()).send("tell", text + std::to_string(i)));
    s.run_until([&] { return dropped.size() >= 3; }, "the next worst to lose");
    CHECK(dropped.back() == greedy.connection.id());
    CHECK(modest.next() == text);
}

TEST_CASE("what an ended connection left unread is no burden to the others") {
    auto options = stage<json_setup>::defaults();
    options.outbox_budget = 2000;
    stage<json_setup> s(options);
    reader<json_setup> gone(s, s.left(), {});
    reader<json_setup> alive(s, s.left(), {.when_full = hubbub::overflow_policy::disconnect});
    auto const clients = s.left().hub->clients();
    std::string const most(1800, 'x');
    CHECK(!clients.client(gone.connection.id()).send("tell", most));
    CHECK(!clients.client(gone.connection.id()).disconnect("bye"));
    s.run_until([&] { return !gone.connection.connected(); }, "the end");
    std::string const text(100, 'x');
    for (int i = 0; i < 3; ++i)
        CHECK(!clients.client(alive.connection.id()).send("tell", text));
    for (int i = 0; i < 3; ++i)
        CHECK(alive.next() == text);
    CHECK(alive.connection.connected());
    CHECK(gone.next() == most);
    // Read, it is not taken off a second time.
    CHECK(!clients.client(alive.connection.id()).send("tell", most));
    CHECK(alive.next() == most);
    CHECK(alive.connection.connected());
}

TEST_CASE("all that waited for who is ended as too slow counts as dropped") {
    stage<json_setup> s;
    std::size_t dropped = 0;
    s.left().hub->set_observer([&](hubbub::hub_event const& e) {
        if (auto const* const d = std::get_if<hubbub::calls_dropped>(&e))
            dropped += d->count;
    });
    reader<json_setup> r(s, s.left(), {.max_messages = 10});
    for (int i = 0; i < 11; ++i)
        CHECK(!s.left().hub->clients().client(r.connection.id()).send("tell", std::to_string(i)));
    s.run_until([&] { return !r.connection.connected(); }, "the end");
    CHECK(dropped == 11);
}

TEST_CASE("ten thousand fast members are not delayed by one that never reads") {
    constexpr std::size_t members = 10'000;
    constexpr std::size_t calls = 12;
    asio::io_context io;
    hubbub::testing::virtual_time time(io);
    hubbub::local_broker broker;
    hubbub::any_transport transport(hubbub::local_transport(io.get_executor(), broker));
    json_setup::bus bus(transport);
    hubbub::hub<json_setup::bus> hub(bus, {.beacon_interval = std::chrono::hours(1)});

    std::vector<std::size_t> told(members);
    std::vector<hubbub::connection<json_setup::bus>> connections;
    hubbub::receiving_connection<json_setup::bus> slow;
    std::vector<std::string> ended;
    auto const keep = [&](std::error_code, auto made) { connections.push_back(std::move(made)); };
    for (std::size_t i = 0; i < members; ++i) {
        if (i == members / 2) // neither the first nor the last to be called
            hub.async_connect_receiver("slow", {.max_messages = 10},
                                       [&](std::error_code, auto made) { slow = std::move(made); });
        hub.async_connect("", [&told, i](auto const&) { ++told[i]; }, keep);
    }
    hub.on_disconnected([&](hubbub::caller const& who, hubbub::close_reason const& why) {
        CHECK(why.code == hubbub::errc::slow_consumer);
        ended.push_back(who.user());
    });
    time.run_for(std::chrono::milliseconds(1));
    REQUIRE(hub.connections() == members + 1);

    for (std::size_t call = 1; call <= calls; ++call) {
        CHECK(!hub.clients().all().send("tell", call));
        time.run_for(std::chrono::milliseconds(0)); // at once: no time goes by
        CHECK(told == std::vector(members, call));
        CHECK(slow.connected() == (call <= 10));
    }
    CHECK(ended == lines{"slow"});
    CHECK(hub.connections() == members);
}

TEST_SUITE_END();
