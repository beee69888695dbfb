// SPDX-License-Identifier: MIT
// A hub of three servers on a Redis that is killed and started again, or cuts one of them off: the
// failure matrix of docs/signalr.md, in earnest.
#include "support/hub_on_redis.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace hub_outage_test {
namespace {

using namespace std::chrono_literals;
using namespace hub_on_redis;
using error_list = std::vector<std::error_code>;
using hubbub::delivery_order;
using hubbub::errc;
using hubbub::hub_errc;

setting ordered(delivery_order order) {
    return {.hub = {.order = order}};
}

constexpr delivery_order both_orders[] = {delivery_order::local_first,
                                          delivery_order::via_backplane};

} // namespace

TEST_CASE("while its Redis is away nobody is closed, and what was sent meanwhile comes after it") {
    for (auto const order : both_orders) {
        CAPTURE(static_cast<int>(order));
        stage s(ordered(order));
        s.connect_one_each();
        auto& ada = s.left().clients.front();
        auto& bob = s.connect(s.left());
        s.tell_all(s.left(), "before");

        s.kill_redis();
        CHECK(!s.left().send("meanwhile"));
        if (order == delivery_order::local_first)
            s.run_until([&] { return ada.has("meanwhile") && bob.has("meanwhile"); },
                        "the members of the same server");
        auto const tried = s.left().retries;
        s.run_until([&] { return s.left().retries > tried + 2; }, "some time to go by");
        for (auto const* const c : {&ada, &bob}) // via the backplane, they wait as all do
            CHECK(c->has("meanwhile") == (order == delivery_order::local_first));
        s.start_redis();
        s.run_until([&] { return s.all_have("meanwhile"); }, "what waited");
        s.tell_all(s.left(), "after");
        for (auto const& each : s.nodes) {
            for (auto const& c : each.clients) {
                CHECK(c.told == lines{"before", "meanwhile", "after"});
                CHECK(c.connection.connected());
            }
            CHECK(each.missed == 0);
            CHECK(each.ended == 0);
        }
    }
}

TEST_CASE("a server that Redis cuts off is told exactly what its members missed, and no other is") {
    for (auto const order : both_orders) {
        CAPTURE(static_cast<int>(order));
        stage s(ordered(order));
        s.connect_one_each();
        auto& ada = s.left().clients.front();
        auto& kim = s.middle().clients.front();
        auto& eve = s.right().clients.front();
        s.tell_all(s.left(), "before");

        lines sent{"before"};
        auto const send_ten = [&] {
            for (int i = 0; i < 10; ++i) {
                sent.push_back(std::to_string(sent.size()));
                CHECK(!s.left().send(sent.back()));
            }
        };
        send_ten(); // of which the server may still get some
        s.run_until([&] { return kim.has(sent[3]); }, "the first of them");
        auto admin = s.server.connect();
        cut_off(admin, "right");
        s.run_until([&] { return s.right().retries > 2; }, "it to be refused");
        CHECK(stage::listeners(admin) == 2);
        send_ten(); // and of these none
        s.run_until([&] { return ada.has(sent.back()) && kim.has(sent.back()); }, "the others");
        CHECK(eve.told.size() <= 11);
        CHECK(s.right().missed == 0); // it does not know yet

        let_in(admin);
        s.run_until([&] { return eve.told.size() + s.right().missed == sent.size(); },
                    "all to be there or told as missed, though nothing more is sent");
        CHECK(s.right().missed >= 10);
        CHECK(lines(sent.begin(), sent.begin() + static_cast<std::ptrdiff_t>(eve.told.size())) ==
              eve.told);
        auto const missed = s.right().missed;
        s.tell_all(s.left(), "after");
        sent.emplace_back("after");
        for (auto const* const c : {&ada, &kim})
            CHECK(c->told == sent);
        CHECK(eve.told.size() + missed == sent.size());
        CHECK(s.right().missed == missed);
        CHECK(s.left().missed + s.middle().missed == 0);
        CHECK(eve.connection.connected());
    }
}

TEST_CASE("who comes while the hub's Redis is away is let in when it is there, and then told what "
          "waited for it") {
    for (bool const from_the_start : {true, false}) {
        CAPTURE(from_the_start);
        stage s({.starts_without_redis = from_the_start});
        if (!from_the_start) {
            s.connect(s.left());
            s.kill_redis();
        }
        for (auto& each : s.nodes)
            each.enter("new"); // and so the first of its user
        s.run_until_each([](node& each) { return each.retries > 2; });
        for (auto& each : s.nodes)
            CHECK(!each.clients.back().connected); // nor was it refused
        CHECK(!s.left().send("early"));
        s.start_redis([&] {
            return std::all_of(s.nodes.begin(), s.nodes.end(), [](node const& each) {
                return each.clients.back().connected.has_value();
            });
        });
        for (auto& each : s.nodes)
            CHECK(*each.clients.back().connected == std::error_code{});
        s.tell_all(s.left(), "welcome");
        for (auto& each : s.nodes)
            CHECK(each.clients.back().told == lines{"early", "welcome"});
    }
}

TEST_CASE("what the queue has no room for while Redis is away is refused, and the rest comes") {
    for (auto const order : both_orders) {
        CAPTURE(static_cast<int>(order));
        stage s(
            {.hub = {.order = order, .beacon_interval = 1h}, .limits = {.max_queue_messages = 10}});
        s.connect_one_each();
        auto& ada = s.left().clients.front();
        s.tell_all(s.left(), "before");
        s.kill_redis();
        lines sent{"before"};
        lines accepted{"before"};
        for (int i = 0; i < 20; ++i) {
            sent.push_back(std::to_string(i));
            if (auto const error = s.left().send(sent.back()); !error)
                accepted.push_back(sent.back());
            else
                CHECK(error == errc::queue_full);
        }
        CHECK(accepted.size() > 5);
        CHECK(accepted.size() <= 11);
        auto const at_home = order == delivery_order::local_first ? sent : accepted;
        if (order == delivery_order::local_first)
            s.run_until([&] { return ada.told == at_home; }, "its own members");
        s.start_redis();
        s.run_until([&] { return s.all_have(accepted.back()); }, "what was accepted");
        CHECK(ada.told == at_home);
        for (auto* const other : {&s.middle(), &s.right()}) {
            CHECK(other->clients.front().told == accepted);
            CHECK(other->missed == 0); // who sent it was told that it was refused
        }
        s.tell_all(s.left(), "again");
    }
}

TEST_CASE("while Redis is away a server's own clients are called and asked, and of other servers "
          "what is asked ends in time") {
    stage s({.hub = {.request_timeout = 300ms}});
    s.connect_one_each();
    auto& ada = s.left().clients.front();
    s.kill_redis();
    auto const clients = s.left().hub->clients();
    std::optional<int> own;
    clients.client(ada.id()).async_invoke<hubbub::outcome<int>>(
        "answer", [&](hubbub::outcome<int> o) { own = std::move(o).value(); });
    CHECK(!clients.client(ada.id()).send("tell", "hello"));
    s.run_until([&] { return own && ada.has("hello"); }, "its own client");
    CHECK(*own == 42);

    error_list ends;
    auto const keep = [&](std::error_code error) { ends.push_back(error); };
    for (auto* const other : {&s.middle(), &s.right()}) {
        auto const id = other->clients.front().id();
        s.left().hub->async_add_to_group(id, "lobby", keep);
        clients.client(id).async_invoke<hubbub::outcome<void>>(
            "answer", [&](hubbub::outcome<void> o) { keep(o.error()); });
    }
    s.run_until([&] { return ends.size() == 4; }, "all to end");
    CHECK(ends == error_list(4, errc::timed_out));
    std::optional<std::error_code> joined;
    s.left().hub->async_add_to_group(ada.id(), "garden",
                                     [&](std::error_code error) { joined = error; });
    s.start_redis();
    s.run_until([&] { return joined.has_value(); }, "a change that needed no other server");
    CHECK(*joined == std::error_code{});
}

TEST_CASE("what Redis has taken and not passed on when it is killed ends as unknown, at once") {
    stage s({.hub = {.request_timeout = 1h, .beacon_interval = 1h}});
    s.connect_one_each();
    s.tell_all(s.left(), "before");
    for (bool const of_a_client : {true, false}) {
        std::optional<std::error_code> end;
        auto const keep = [&](std::error_code error) { end = error; };
        auto const id = s.right().clients.front().id();
        auto admin = s.server.connect();
        admin.command({"CLIENT", "PAUSE", "60000", "WRITE"});
        if (of_a_client)
            s.left().hub->clients().client(id).async_invoke<hubbub::outcome<void>>(
                "answer", [&](hubbub::outcome<void> o) { keep(o.error()); });
        else
            s.left().hub->async_add_to_group(id, "lobby", keep);
        s.run_until(
            [&] {
                return admin.command({"INFO", "clients"}).find("blocked_clients:0") ==
                       std::string::npos;
            },
            "Redis to have taken it");
        CHECK(!end);
        s.kill_redis();
        s.run_until([&] { return end.has_value(); }, "the end");
        CHECK(*end == errc::outcome_unknown);
        s.start_redis();
    }
}

TEST_CASE("the clients of a server that is gone from Redis find another, and join their groups") {
    stage s;
    s.connect_one_each();
    s.tell_all(s.left(), "before");
    auto const dead = s.right().clients.front().id();
    auto admin = s.server.connect();
    s.right().transport->close(); // without a word to anybody
    s.run_until([&] { return stage::listeners(admin) == 2; }, "Redis to notice");
    s.nodes.pop_back();
    for (auto& by : s.nodes) {
        auto const first = s.add(by, dead, "lobby"); // which waits until it is known to be dead
        CHECK((first == hub_errc::server_lost || first == hub_errc::unknown_server));
        CHECK(s.add(by, dead, "lobby") == hub_errc::unknown_server);
    }

    auto& again = s.connect(s.middle());
    CHECK(s.add(s.left(), again.id(), "lobby") == std::error_code{});
    CHECK(!s.left().hub->clients().group("lobby").send("tell", "welcome"));
    s.run_until([&] { return again.has("welcome"); }, "the first call");
    CHECK(again.told == lines{"welcome"});
    s.tell_all(s.middle(), "after");
}

TEST_CASE("a server that Redis has cut off knows at once of those that began meanwhile") {
    hubbub::hub_options const silent{.beacon_interval = 1h}; // none but those at its return
    stage s({.hub = silent});
    auto const all_know = [&](std::size_t count) {
        s.run_until_each([&](node& n) { return n.hub->servers().alive().size() == count; });
    };
    all_know(3);
    auto admin = s.server.connect();
    cut_off(admin, "left");
    s.run_until([&] { return s.left().retries > 0; }, "it to be refused");
    auto with_password = options_for(s.server);
    with_password.password = "unknown to all";
    node late(s.io(), with_password, silent);
    s.run_until([&] { return late.hub->servers().alive().size() == 3; }, "it to meet the rest");
    CHECK(s.left().hub->servers().alive().size() == 3);
    let_in(admin);
    all_know(4);
    s.run_until([&] { return late.hub->servers().alive().size() == 4; }, "it to hear of that");
}

} // namespace hub_outage_test
