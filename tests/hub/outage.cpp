// What a hub does when its backplane is away, and when servers die: each cell of the table in
// docs/signalr.md, in time that the test owns.
#include "support/outage_stage.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace {

using namespace std::chrono_literals;
using hubbub::errc;
using hubbub::hub_errc;

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE("a server that starts without its backplane lets clients in when it is there") {
    outage o({.cut_at_the_start = true});
    auto& far = o.connect(*o.right);
    auto& waiting = o.left.enter();
    o.time.run_for(1min);
    CHECK(!waiting.connected); // and it was not refused
    o.left.link.heal();
    o.time.run_for(100ms);
    CHECK(waiting.connected == std::error_code{});
    CHECK(!o.send(*o.right, "to both"));
    o.time.run_for(100ms);
    CHECK(waiting.told == lines{"to both"});
    CHECK(far.told == lines{"to both"});
}

TEST_CASE("what is sent before the backplane is there waits for it") {
    outage o({.cut_at_the_start = true});
    auto& far = o.connect(*o.right);
    CHECK(!o.send(o.left, "early"));
    o.time.run_for(1min);
    CHECK(far.told.empty());
    o.left.link.heal();
    o.time.run_for(100ms);
    CHECK(far.told == lines{"early"});
}

TEST_CASE("nobody is closed because the backplane is away") {
    outage o({.hub = {.beacon_interval = 30s}});
    auto& near = o.connect(o.left);
    o.left.link.cut();
    o.time.run_for(1h);
    CHECK(o.left.closed == 0);
    CHECK(o.left.hub->connections() == 1);
    o.left.link.heal();
    o.time.run_for(1s);
    CHECK(!o.send(*o.right, "still here"));
    o.time.run_for(100ms);
    CHECK(near.told == lines{"still here"});
}

TEST_CASE("via the backplane, sends wait while it is away, up to a bound, and are then refused") {
    outage o({.link = {.limits = {.max_queue_messages = 10}}});
    auto& near = o.connect(o.left);
    auto& far = o.connect(*o.right);
    o.left.link.cut();
    lines accepted;
    std::error_code refused;
    for (int i = 0; i < 20 && !refused; ++i) {
        auto text = std::to_string(i);
        refused = o.send(o.left, text);
        if (!refused)
            accepted.push_back(std::move(text));
    }
    CHECK(refused == errc::queue_full);
    CHECK(accepted.size() > 5);
    o.time.run_for(1min);
    CHECK(near.told.empty()); // all see one order, so its own wait too
    o.left.link.heal();
    o.time.run_for(1s);
    CHECK(near.told == accepted);
    CHECK(far.told == accepted);
    CHECK(!o.send(o.left, "again"));
}

TEST_CASE("a client of the same server is called and asked while the backplane is away") {
    outage o;
    auto& near = o.connect(o.left);
    o.left.link.cut();
    CHECK(!o.left.hub->clients().client(near.connection.id()).send("tell", "hello"));
    o.ask(near.connection.id());
    o.time.run_for(100ms);
    CHECK(near.told == lines{"hello"});
    CHECK(o.ended == error_list(3));
}

TEST_CASE("joining a group that is left again before its topic is subscribed was no error") {
    outage o;
    auto& near = o.connect(o.left);
    auto const id = near.connection.id();
    auto const note = [&](std::error_code error) { o.ended.push_back(error); };
    o.left.link.cut();
    o.left.hub->async_add_to_group(id, "lobby", note);
    o.left.hub->async_add_to_group(id, "lobby", note);
    o.time.run_for(1s);
    CHECK(o.ended.empty());
    o.left.hub->async_remove_from_group(id, "lobby", note);
    o.time.run_for(1s);
    CHECK(o.ended == error_list(3));
    o.left.link.heal();
    o.time.run_for(1s);
    CHECK(!o.left.hub->clients().group("lobby").send("tell", "nobody"));
    o.time.run_for(1s);
    CHECK(near.told.empty());
}

TEST_CASE("of a connection's joins of one group so many wait for its topic, and all are answered") {
    outage o({.hub = {.max_waiting_calls = 10}});
    auto& near = o.connect(o.left);
    auto& other = o.connect(o.left);
    auto const join = [&](outage_client const& c, char const* group) {
        o.left.hub->async_add_to_group(c.connection.id(), group,
                                       [&](std::error_code error) { o.ended.push_back(error); });
    };
    o.left.link.cut();
    for (int i = 0; i < 15; ++i)
        join(near, "lobby");
    join(other, "lobby"); // each has a bound of its own
    join(near, "garden");
    o.time.run_for(1s);
    CHECK(o.ended == error_list(5, errc::queue_full));
    o.ended.clear();
    o.left.link.heal();
    o.time.run_for(1s);
    CHECK(o.ended == error_list(12));
    CHECK(!o.left.hub->clients().group("lobby").send("tell", "once"));
    CHECK(!o.left.hub->clients().group("garden").send("tell", "more"));
    o.time.run_for(1s);
    CHECK(near.told == lines{"once", "more"});
    CHECK(other.told == lines{"once"});
}

TEST_CASE("joining a group again, after leaving it, waits for its topic") {
    outage o;
    auto& near = o.connect(o.left);
    auto const id = near.connection.id();
    std::optional<std::error_code> joined;
    o.left.link.cut();
    o.left.hub->async_add_to_group(id, "lobby", [](std::error_code) {});
    o.left.hub->async_remove_from_group(id, "lobby", [](std::error_code) {});
    o.left.hub->async_add_to_group(id, "lobby", [&](std::error_code error) { joined = error; });
    o.time.run_for(1s);
    CHECK(!joined);
    o.left.link.heal();
    o.time.run_for(1s);
    CHECK(joined == std::error_code{});
    CHECK(!o.left.hub->clients().group("lobby").send("tell", "once"));
    o.time.run_for(1s);
    CHECK(near.told == lines{"once"});
}

TEST_CASE("joining a group fails as unknown_connection when the connection ends meanwhile") {
    outage o;
    auto& near = o.connect(o.left);
    std::optional<std::error_code> joined;
    o.left.link.cut();
    o.left.hub->async_add_to_group(near.connection.id(), "lobby",
                                   [&](std::error_code error) { joined = error; });
    o.time.run_for(1s);
    CHECK(!joined);
    near.connection.disconnect();
    o.time.run_for(1s);
    CHECK(joined == hub_errc::unknown_connection);
}

TEST_CASE("a connection that ends while it joins a group leaves nothing behind") {
    counted_outage o;
    auto& near = o.connect(o.left);
    auto& other = o.connect(o.left);
    auto const ignore = [](std::error_code) {};
    o.left.link.cut();
    o.left.hub->async_add_to_group(near.connection.id(), "lobby", ignore);
    o.left.hub->async_add_to_group(other.connection.id(), "garden", ignore);
    o.time.run_for(1s);
    near.connection.disconnect();
    o.left.link.heal();
    o.time.run_for(1s);

    std::optional<hubbub::server_results<lines>> groups;
    std::optional<hubbub::server_results<lines>> members;
    o.right->hub->presence().async_groups(
        [&](std::error_code, auto all) { groups = std::move(all); });
    o.right->hub->presence().async_members(
        "lobby", [&](std::error_code, auto all) { members = std::move(all); });
    hubbub::receiver_count in_lobby;
    hubbub::receiver_count in_garden;
    o.right->bus.async_publish("hub/group/lobby", "nobody listens",
                               [&](std::error_code, hubbub::receiver_count n) { in_lobby = n; });
    o.right->bus.async_publish("hub/group/garden", "somebody does",
                               [&](std::error_code, hubbub::receiver_count n) { in_garden = n; });
    o.time.run_for(1s);
    REQUIRE(groups);
    CHECK(groups->missing.empty());
    CHECK(groups->value == lines{"garden"});
    REQUIRE(members);
    CHECK(members->missing.empty());
    CHECK(members->value.empty());
    CHECK(in_lobby == 0U);
    CHECK(in_garden == 1U);
    CHECK(o.left.hub->connections() == 1);
}

TEST_CASE("a client that comes while the backplane is away is let in when it returns") {
    outage o;
    o.connect(o.left);
    o.left.link.cut();
    auto& first = o.left.enter();
    o.time.run_for(1min);
    o.left.link.heal();
    o.time.run_for(100ms);
    CHECK(first.connected == std::error_code{});
}

TEST_CASE("what other servers sent while the backplane was away is told as a gap when it returns") {
    outage o;
    auto& near = o.connect(o.left);
    CHECK(!o.send(*o.right, "before"));
    o.time.run_for(100ms);
    o.left.link.cut();
    for (auto const* text : {"one", "two", "three"})
        CHECK(!o.send(*o.right, text));
    o.time.run_for(100ms);
    CHECK(o.left.gaps.empty());
    o.left.link.heal();
    o.time.run_for(2s); // though nothing more is sent
    CHECK(o.left.gaps == lines{"hub/all 3"});
    CHECK(!o.send(*o.right, "after"));
    o.time.run_for(100ms);
    CHECK(near.told == lines{"before", "after"});
    CHECK(o.right->gaps.empty());
}

TEST_CASE("what is asked of other servers while the backplane is away ends within the time limit") {
    outage o({.hub = {.request_timeout = 5s}});
    auto& far = o.connect(*o.right);
    o.time.run_for(1s);
    auto const id = far.connection.id();
    o.left.link.cut();
    o.ask(id);
    o.time.run_for(4900ms);
    CHECK(o.ended.empty());
    o.time.run_for(200ms);
    CHECK(o.ended == error_list(3, errc::timed_out));
    REQUIRE(o.counted);
    CHECK(o.counted->missing == o.others());
}

TEST_CASE("what is on its way to another server when the backplane falls ends as unknown") {
    outage o({.link = {.delay = {10ms, 10ms}}});
    auto& far = o.connect(*o.right);
    o.time.run_for(1s);
    o.ask(far.connection.id());
    o.time.run_for(1ms);
    o.left.link.cut();
    o.time.run_for(1ms); // at once
    CHECK(o.ended == error_list(3, errc::outcome_unknown));
    REQUIRE(o.counted);
    CHECK(o.counted->missing == o.others());
}

TEST_CASE("an outage that is shorter than the time limit delays what is asked, and loses nothing") {
    outage o;
    auto& far = o.connect(*o.right);
    o.time.run_for(1s);
    o.left.link.cut();
    o.ask(far.connection.id());
    o.time.run_for(2s);
    o.left.link.heal();
    o.time.run_for(1s);
    CHECK(o.ended == error_list(3));
    REQUIRE(o.counted);
    CHECK(o.counted->value == 1);
    CHECK(o.counted->missing.empty());
}

TEST_CASE("what is asked of a server that dies ends as server_lost within the stated time") {
    outage o({.hub = {.request_timeout = 1h}});
    auto const id = o.connect(*o.right).connection.id();
    o.time.run_for(1s);
    o.right->link.cut(); // it hears nothing, and is not heard, and the backplane keeps its place
    o.ask(id);
    o.time.run_for(1s);
    CHECK(o.ended.empty());
    o.time.run_for(3s); // missed_beacons + 1 intervals in all
    CHECK(o.ended == error_list(3, hub_errc::server_lost));
    REQUIRE(o.counted);
    CHECK(o.counted->missing == lines{o.right->hub->server_id()});
}

TEST_CASE("what is asked of a server that is known to be dead ends at once") {
    counted_outage o;
    auto const id = o.connect(*o.right).connection.id();
    o.time.run_for(1s);
    o.kill_right();
    o.ask(id);
    o.time.run_for(1s);
    CHECK(o.ended.empty()); // its link may be about to come back
    o.time.run_for(3s);     // missed_beacons + 1 intervals in all
    CHECK(o.ended == error_list(3, hub_errc::server_lost));
    REQUIRE(o.counted);
    CHECK(o.counted->missing == lines{o.right->hub->server_id()});
    o.ended.clear();
    o.counted.reset();
    o.ask(id);
    o.time.run_for(1ms);
    CHECK(o.ended == error_list(3, hub_errc::unknown_server));
    REQUIRE(o.counted);
    CHECK(o.counted->missing.empty());
}

TEST_CASE("the clients of a server that dies find another, and join their groups again") {
    outage o;
    auto& near = o.connect(o.left);
    auto const dead = o.connect(*o.right).connection.id();
    o.kill_right();
    o.time.run_for(5s);
    o.add(o.right, {});
    auto& again = o.connect(*o.right);
    CHECK(again.connection.id() != dead);
    std::optional<std::error_code> joined;
    o.left.hub->async_add_to_group(again.connection.id(), "lobby",
                                   [&](std::error_code error) { joined = error; });
    o.time.run_for(100ms);
    CHECK(joined == std::error_code{});
    CHECK(!o.left.hub->clients().group("lobby").send("tell", "welcome"));
    o.time.run_for(100ms);
    CHECK(again.told == lines{"welcome"});
    CHECK(near.told.empty());
}

TEST_SUITE_END();
