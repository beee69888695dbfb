// How the servers of a hub find each other, and what they make of each other's beacons, in time that
// the test owns.
#include "support/hub_frames.hpp"
#include "support/outage_stage.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <variant>

namespace {

using namespace std::chrono_literals;
using hubbub::errc;
using hubbub::hub_errc;
using hubbub::detail::beacon_reason;
using hubbub::detail::server_beacon;
using hubbub::detail::verb;
using server_frame = hubbub::detail::server_message;

/// Speaks for a server "ghost", of which nothing else is there.
void beacon_of_ghost(outage& o, beacon_reason state) {
    CHECK(!o.right->bus.publish("hub/servers", server_beacon{"ghost", state}));
    o.time.run_for(10ms);
}

void ask_ghost(outage& o) {
    o.left.hub->async_add_to_group("ghost-1", "lobby",
                                   [&o](std::error_code error) { o.ended.push_back(error); });
    o.time.run_for(10ms);
}

/// Asks who is there.
void counted_by(outage_server& by, std::optional<hubbub::server_results<std::uint64_t>>& counted,
                std::chrono::milliseconds limit = 10s) {
    by.hub->presence().within(limit).async_count(
        [&](std::error_code, auto all) { counted = std::move(all); });
}

/// The left server has no room for all it has to say, and is asked so many things each 10 ms.
void overload(int questions) {
    outage o({.link = {.delay = {100ms, 100ms}, .limits = {.max_queue_messages = 10}}});
    unsigned lost = 0;
    o.right->hub->set_observer([&](hubbub::hub_event const& e) {
        lost += std::holds_alternative<hubbub::server_left>(e) ? 1 : 0;
    });
    o.time.run_for(1s + 300us); // not when a beacon is due
    auto const id = o.connect(o.left).connection.id();
    unsigned done = 0;
    for (int i = 0; i < 1000; ++i) {
        while (!o.left.bus.publish("noise", "noise")) {
        }
        for (int j = 0; j < questions; ++j)
            o.right->hub->async_add_to_group(id, "lobby", [&](std::error_code error) {
                done += error && error != errc::timed_out ? 0 : 1;
            });
        o.time.run_for(10ms);
    }
    CHECK(lost == 0);
    o.time.run_for(20s);
    CHECK(done == 1000U * static_cast<unsigned>(questions));
}

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE("what is asked before the servers have met is asked of all") {
    counted_outage o;
    o.connect(*o.right);
    outage_server late(o.time, {}, {}, false);
    unsigned told = 0;
    auto const answer = [&](outage_server& each) {
        each.hub->servers().on("load", [] { return 7; });
        each.hub->servers().on("tell", [&] { ++told; });
    };
    for (auto* const each : {&o.left, &*o.right, &late})
        answer(*each);
    if (o.middle)
        answer(*o.middle);
    auto const servers = o.others().size() + 2;
    std::optional<hubbub::server_results<std::uint64_t>> counted;
    std::optional<hubbub::collected<int>> loads;
    counted_by(late, counted);
    late.hub->servers().async_invoke<int>(
        "load", [&](std::error_code, auto all) { loads = std::move(all); });
    CHECK(!late.hub->servers().send("tell"));
    o.time.run_for(100ms);
    REQUIRE(counted);
    CHECK(counted->value == 1);
    CHECK(counted->missing.empty());
    REQUIRE(loads);
    CHECK(loads->answers.size() == servers);
    CHECK(loads->missing().empty());
    CHECK(told == servers);
}

TEST_CASE("servers that are said to be there and are not are waited for two beacons") {
    outage o;
    o.connect(*o.right);
    auto wire = o.time.make(); // hears beacons, and has no hub
    hub_bus bus(wire);
    auto const hearing = bus.subscribe<server_beacon>("hub/servers", [](server_beacon const&) {});
    outage_server late(o.time, {}, {}, false);
    std::optional<hubbub::server_results<std::uint64_t>> counted;
    counted_by(late, counted);
    o.time.run_for(1500ms);
    CHECK(!counted);
    o.time.run_for(600ms);
    REQUIRE(counted);
    CHECK(counted->value == 1);
    CHECK(counted->missing.empty());
}

TEST_CASE("a server that has met nobody at the deadline says that others may be missing") {
    counted_outage o({.cut_at_the_start = true});
    o.connect(*o.right);
    std::optional<hubbub::server_results<std::uint64_t>> counted;
    counted_by(o.left, counted, 5s);
    o.time.run_for(4900ms);
    CHECK(!counted);
    o.time.run_for(200ms);
    REQUIRE(counted);
    CHECK(counted->missing == lines{""});
    o.left.link.heal();
    o.time.run_for(100ms);
    counted.reset();
    counted_by(o.left, counted);
    o.time.run_for(100ms);
    REQUIRE(counted);
    CHECK(counted->value == 1);
    CHECK(counted->missing.empty());
}

TEST_CASE("a question that reached nobody is asked again with the next beacon of its server") {
    counted_outage o;
    beacon_of_ghost(o, beacon_reason::here);
    ask_ghost(o);
    CHECK(o.ended.empty());
    lines asked;
    auto const ghost =
        o.right->bus.subscribe<server_frame>("hub/control/ghost", [&](server_frame const& m) {
            asked.emplace_back(to_text(m.verb));
            CHECK(!o.right->bus.publish("hub/control/" + *m.reply_to,
                                        server_frame{.verb = verb::done, .request = m.request}));
        });
    o.time.run_for(100ms);
    CHECK(asked.empty());
    beacon_of_ghost(o, beacon_reason::here);
    CHECK(asked == lines{"add"});
    CHECK(o.ended == error_list(1));
    beacon_of_ghost(o, beacon_reason::here);
    CHECK(asked.size() == 1);
}

TEST_CASE(
    "a question that reaches nobody ends when its server is lost, and at once if there is none") {
    on_each_setting<counted_setup>([](hub_setting const& on) {
        outage o({}, on);
        ask_ghost(o);
        CHECK(o.ended == error_list(1, hub_errc::unknown_server));
        beacon_of_ghost(o, beacon_reason::here);
        ask_ghost(o);
        CHECK(o.ended.size() == 1);
        SUBCASE("it says that it goes") {
            beacon_of_ghost(o, beacon_reason::gone);
        }
        SUBCASE("it is heard no more") {
            o.time.run_for(3s);
        }
        CHECK(o.ended.size() == 2);
        CHECK(o.ended.back() == hub_errc::server_lost);
        ask_ghost(o);
        CHECK(o.ended.size() == 3);
        CHECK(o.ended.back() == hub_errc::unknown_server);
    });
}

TEST_CASE("a beacon that the server's last word has overtaken does not bring it back") {
    outage o;
    lines told;
    o.left.hub->set_observer([&](hubbub::hub_event const& e) {
        if (auto const* const joined = std::get_if<hubbub::server_joined>(&e))
            told.push_back("joined " + std::string(joined->server));
        else if (auto const* const left = std::get_if<hubbub::server_left>(&e))
            told.push_back("left " + std::string(left->server));
    });
    for (auto const state : {beacon_reason::arrived, beacon_reason::gone, beacon_reason::here})
        beacon_of_ghost(o, state);
    auto const alive = o.left.hub->servers().alive();
    CHECK(std::count(alive.begin(), alive.end(), "ghost") == 0);
    o.time.run_for(5s);
    CHECK(told == lines{"joined ghost", "left ghost"});
}

TEST_CASE("a server whose outgoing queue is always full is not taken for dead") {
    overload(0);
}

TEST_CASE("a server that is asked more than it has room to answer is not taken for dead") {
    overload(2); // twice what the queue takes
}

TEST_CASE("an answer waits for room where the queue of its server is full") {
    outage o({.link = {.delay = {100ms, 100ms}, .limits = {.max_queue_messages = 10}}});
    auto& near = o.connect(o.left);
    while (!o.left.bus.publish("noise", "noise")) {
    }
    o.right->hub->clients()
        .client(near.connection.id())
        .async_invoke<hubbub::outcome<int>>(
            "answer", [&](hubbub::outcome<int> given) { o.ended.push_back(given.error()); });
    o.right->hub->async_add_to_group(near.connection.id(), "lobby",
                                     [&](std::error_code error) { o.ended.push_back(error); });
    o.time.run_for(1s);
    CHECK(o.ended == error_list(2));
}

TEST_CASE("an answer that does not reach who asked is an event") {
    counted_outage o({.link = {.limits = {.max_queue_messages = 10}}});
    lines lost;
    o.left.hub->set_observer([&](hubbub::hub_event const& e) {
        if (auto const* const answer = std::get_if<hubbub::answer_lost>(&e))
            lost.push_back(std::string(answer->server) + ": " + answer->error.message());
    });
    o.left.hub->servers().on("load", [] { return 7; });
    CHECK(!o.right->bus.publish("hub/control/" + o.left.hub->server_id(),
                                server_frame{.verb = verb::invoke,
                                             .request = 1,
                                             .reply_to = "ghost",
                                             .method = "load",
                                             .arguments = hubbub::detail::packed("[]")}));
    o.time.run_for(100ms);
    CHECK(lost == lines{"ghost: " + make_error_code(hub_errc::unknown_server).message()});

    auto& near = o.connect(o.left);
    near.methods.on("answer", [&] {
        o.left.link.cut();
        while (!o.left.bus.publish("noise", "noise")) {
        }
        return 42;
    });
    o.right->hub->clients()
        .client(near.connection.id())
        .async_invoke<hubbub::outcome<int>>(
            "answer", [&](hubbub::outcome<int> given) { o.ended.push_back(given.error()); });
    o.time.run_for(11s);
    CHECK(o.ended == error_list(1, hub_errc::server_lost));
    REQUIRE(lost.size() == 2);
    CHECK(lost.back() ==
          o.right->hub->server_id() + ": " + make_error_code(errc::timed_out).message());
}

TEST_SUITE_END();
