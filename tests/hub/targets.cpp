// Whom a call reaches, on every bus.
#include "support/hub_frames.hpp"
#include "support/hub_stage.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <system_error>
#include <variant>

TEST_SUITE_BEGIN("hub");

TEST_CASE("all, and all but some, means the clients of every server") {
    stage<json_setup> s;
    auto& ada = s.connect(s.left());
    auto& bob = s.connect(s.left());
    auto& kim = s.connect(s.middle());
    auto& eve = s.connect(s.right());
    for (auto& by : s.servers) {
        auto const clients = by.hub->clients();
        CHECK(!clients.all().send("tell", "to all"));
        CHECK(!clients.all_except({bob.id(), eve.id()}).send("tell", "not to bob and eve"));
        s.flush(by);
        for (auto* const c : {&ada, &kim})
            CHECK(c->told == lines{"to all", "not to bob and eve"});
        for (auto* const c : {&bob, &eve})
            CHECK(c->told == lines{"to all"});
        s.forget();
    }
}

TEST_CASE("a target may be kept, and what is left out of it makes another") {
    stage<json_setup> s;
    auto& ada = s.connect(s.left());
    auto& eve = s.connect(s.right());
    auto const all = s.left().hub->clients().all();
    auto const others = all.except({ada.id()});
    CHECK(!others.send("tell", "others"));
    CHECK(!all.send("tell", "all"));
    s.flush(s.left());
    CHECK(ada.told == lines{"all"});
    CHECK(eve.told == lines{"others", "all"});
}

TEST_CASE("a client is found by its id from any server") {
    stage<json_setup> s;
    auto& ada = s.connect(s.left());
    auto& kim = s.connect(s.middle());
    auto& eve = s.connect(s.right());
    auto& bob = s.connect(s.right());
    for (auto& by : s.servers) {
        auto const clients = by.hub->clients();
        CHECK(!clients.client(eve.id()).send("tell", "eve"));
        CHECK(!clients.client(kim.id()).send("tell", "kim"));
        CHECK(!clients.clients({ada.id(), kim.id(), bob.id()}).send("tell", "three"));
        s.flush(by);
        CHECK(ada.told == lines{"three"});
        CHECK(kim.told == lines{"kim", "three"});
        CHECK(eve.told == lines{"eve"});
        CHECK(bob.told == lines{"three"});
        s.forget();
    }
}

TEST_CASE("a user is called at each of its connections, on whatever server") {
    stage<json_setup> s;
    auto& desk = s.connect(s.left(), "ada");
    auto& phone = s.connect(s.right(), "ada");
    auto& pad = s.connect(s.middle(), "ada");
    auto& other = s.connect(s.right(), "eve");
    for (auto& by : s.servers) {
        CHECK(!by.hub->clients().user("ada").send("tell", "ada"));
        CHECK(!by.hub->clients().users({"ada", "eve"}).send("tell", "both"));
        s.flush(by);
        for (auto* const c : {&desk, &phone, &pad})
            CHECK(c->told == lines{"ada", "both"});
        CHECK(other.told == lines{"both"});
        s.forget();
    }
}

TEST_CASE("a group has members on every server, and may leave some out") {
    stage<json_setup> s;
    auto& ada = s.connect(s.left());
    auto& eve = s.connect(s.right());
    auto& kim = s.connect(s.right());
    auto& bob = s.connect(s.middle());
    CHECK(!s.add(s.left(), ada.id(), "lobby"));
    CHECK(!s.add(s.right(), eve.id(), "lobby"));
    CHECK(!s.add(s.right(), kim.id(), "garden"));
    CHECK(!s.add(s.left(), bob.id(), "lobby"));
    for (auto& by : s.servers) {
        auto const clients = by.hub->clients();
        CHECK(!clients.group("lobby").send("tell", "lobby"));
        CHECK(!clients.group_except("lobby", {eve.id()}).send("tell", "not eve"));
        CHECK(!clients.groups({"lobby", "garden"}).send("tell", "both"));
        s.flush(by);
        for (auto* const c : {&ada, &bob})
            CHECK(c->told == lines{"lobby", "not eve", "both"});
        CHECK(eve.told == lines{"lobby", "both"});
        CHECK(kim.told == lines{"both"});
        s.forget();
    }
}

TEST_CASE("the others in several groups are all their members but the caller, once each") {
    stage<json_setup> s;
    for (auto& at : s.servers) { // at each one in both groups, one in one, and one in none
        at.hub->on("say", [&hub = *at.hub](hubbub::caller const& who, std::string const& text) {
            CHECK(!hub.clients().others_in_groups({"lobby", "garden"}, who).send("tell", text));
        });
        auto const both = s.connect(at).id();
        CHECK(!s.add(s.left(), both, "lobby"));
        CHECK(!s.add(s.left(), both, "garden"));
        CHECK(!s.add(s.left(), s.connect(at).id(), "garden"));
        s.connect(at);
    }
    for (std::size_t by = 0; by < s.clients.size(); ++by) {
        CHECK(!s.clients[by].connection.send("say", "hello"));
        s.flush(s.servers[by / 3]);
        for (std::size_t i = 0; i < s.clients.size(); ++i)
            CHECK(s.clients[i].told == (i == by || i % 3 == 2 ? lines{} : lines{"hello"}));
        s.forget();
    }
}

TEST_CASE("who is in two of the groups, or of the users, of a call gets it once") {
    stage<json_setup> s;
    auto& ada = s.connect(s.left(), "ada");
    auto& eve = s.connect(s.right(), "eve");
    auto& kim = s.connect(s.middle(), "kim");
    auto& bob = s.connect(s.middle(), "bob");
    for (auto const* const group : {"lobby", "garden"})
        for (auto* const c : {&ada, &eve, &bob})
            CHECK(!s.add(s.left(), c->id(), group));

    auto const clients = s.left().hub->clients();
    CHECK(!clients.groups({"lobby", "garden", "lobby"}).send("tell", "groups"));
    CHECK(!clients.users({"ada", "kim", "ada"}).send("tell", "users"));
    s.flush(s.left());
    CHECK(!clients.clients({ada.id(), ada.id(), eve.id()}).send("tell", "clients"));
    CHECK(!clients.groups({}).send("tell", "no group"));
    CHECK(!clients.users({}).send("tell", "no user"));
    CHECK(!clients.clients({}).send("tell", "no client"));
    s.flush(s.left());

    CHECK(ada.told == lines{"groups", "users", "clients"});
    CHECK(eve.told == lines{"groups", "clients"});
    CHECK(kim.told == lines{"users"});
    CHECK(bob.told == lines{"groups"});
}

TEST_CASE("a call may leave out connections, groups and users") {
    stage<json_setup> s;
    auto& ada = s.connect(s.left(), "ada");
    auto& phone = s.connect(s.right(), "ada");
    auto& eve = s.connect(s.right(), "eve");
    auto& guest = s.connect(s.right());
    auto& pad = s.connect(s.middle(), "ada");
    auto& kim = s.connect(s.middle(), "kim");
    CHECK(!s.add(s.left(), eve.id(), "muted"));
    CHECK(!s.add(s.left(), kim.id(), "muted"));
    CHECK(!s.add(s.left(), ada.id(), "lobby"));
    CHECK(!s.add(s.left(), eve.id(), "lobby"));

    auto const clients = s.left().hub->clients();
    CHECK(!clients.all().except_groups({"muted", "unknown"}).send("tell", "not the muted"));
    CHECK(!clients.all().except_users({"ada", ""}).send("tell", "not ada"));
    CHECK(!clients.user_except("ada", {ada.id()}).send("tell", "ada elsewhere"));
    CHECK(!clients.groups({"lobby", "muted"}).except_users({"ada"}).send("tell", "not ada 2"));
    CHECK(!clients.all()
               .except({guest.id()})
               .except({phone.id(), pad.id()})
               .except_groups({"muted"})
               .send("tell", "only ada"));
    s.flush(s.left());

    CHECK(ada.told == lines{"not the muted", "only ada"});
    for (auto* const c : {&phone, &pad})
        CHECK(c->told == lines{"not the muted", "ada elsewhere"});
    for (auto* const c : {&eve, &kim})
        CHECK(c->told == lines{"not ada", "not ada 2"});
    CHECK(guest.told == lines{"not the muted", "not ada"});
}

TEST_CASE("a call for one connection of this server does not take the backplane") {
    auto options = stage<json_setup>::defaults();
    options.beacon_interval = std::chrono::hours(1);
    stage<json_setup> s(options);
    auto& ada = s.connect(s.left());
    s.connect(s.right());
    s.flush(s.right()); // and the servers have heard of each other
    auto const before = s.left().bus.statistics().published;
    CHECK(!s.left().hub->clients().client(ada.id()).send("tell", "direct"));
    CHECK(ada.told.empty()); // never within the call
    s.run_until([&] { return !ada.told.empty(); }, "the call");
    CHECK(ada.told == lines{"direct"});
    CHECK(s.left().bus.statistics().published == before);
}

TEST_CASE("names are taken byte for byte: case, spaces and globs are part of them") {
    stage<json_setup> s;
    lines const groups{"lobby", "Lobby", "lobby ", "*", "lobb?", "[a-z]*", "a/b", "\xc3\xbc"};
    for (auto const& group : groups) {
        auto& at = s.clients.size() % 2 == 0 ? s.right() : s.middle();
        CHECK(!s.add(s.left(), s.connect(at, group).id(), group));
    }
    for (auto const& group : groups) {
        CHECK(!s.left().hub->clients().group(group).send("tell", "group " + group));
        CHECK(!s.left().hub->clients().user(group).send("tell", "user " + group));
    }
    s.flush(s.left());
    for (std::size_t i = 0; i < groups.size(); ++i)
        CHECK(s.clients[i].told == lines{"group " + groups[i], "user " + groups[i]});
}

TEST_CASE("a client of another server is in the group when adding it completes") {
    stage<json_setup> s;
    auto& eve = s.connect(s.right());
    for (std::size_t i = 0; i < 20; ++i) {
        auto& by = s.servers[i % s.servers.size()];
        auto const group = "group " + std::to_string(i);
        REQUIRE(!s.add(by, eve.connection.id(), group));
        REQUIRE(!by.hub->clients().group(group).send("tell", group));
        s.run_until([&] { return !eve.told.empty() && eve.told.back() == group; },
                    "the first call to a group just joined");
    }

    CHECK(!s.remove(s.left(), eve.connection.id(), "group 0"));
    auto const before = eve.told.size();
    CHECK(!s.right().hub->clients().group("group 0").send("tell", "nobody"));
    s.flush(s.right());
    CHECK(eve.told.size() == before);
}

TEST_CASE("an unknown connection or server is told") {
    stage<json_setup> s;
    auto& ada = s.connect(s.left());
    s.connect(s.right()); // so that it can be asked by now
    auto const here = s.left().hub->server_id();
    auto const there = s.right().hub->server_id();

    CHECK(s.add(s.left(), here + "-999", "lobby") == hubbub::hub_errc::unknown_connection);
    CHECK(s.add(s.left(), there + "-999", "lobby") == hubbub::hub_errc::unknown_connection);
    CHECK(s.add(s.left(), "0123456789abcdef-1", "lobby") == s.unknown_server());
    CHECK(s.add(s.left(), "", "lobby") == hubbub::hub_errc::unknown_server);

    auto const gone = ada.connection.id();
    ada.connection.disconnect();
    CHECK(s.add(s.left(), gone, "lobby") == hubbub::hub_errc::unknown_connection);
    CHECK(s.add(s.right(), gone, "lobby") == hubbub::hub_errc::unknown_connection);
}

TEST_CASE("a server that does not answer is given up after the time allowed") {
    stage<counted_setup> s;
    auto const mute = s.mute_server();
    s.connect(s.right()); // by its completion, the subscription before it is active too
    CHECK(s.add(s.left(), "mute-1", "lobby") == hubbub::errc::timed_out);
}

TEST_CASE("who has disconnected is told nothing more") {
    stage<json_setup> s;
    auto& ada = s.connect(s.left(), "ada");
    auto& bob = s.connect(s.left(), "bob");
    auto& kim = s.connect(s.middle(), "ada");
    CHECK(!s.add(s.left(), ada.connection.id(), "lobby"));
    CHECK(!s.add(s.left(), kim.id(), "lobby"));
    CHECK(s.left().hub->connections() == 2);

    auto const id = ada.connection.id();
    ada.connection.disconnect();
    CHECK(s.left().hub->connections() == 1);
    for (auto& by : s.servers) {
        auto const clients = by.hub->clients();
        CHECK(!clients.all().send("tell", "all"));
        CHECK(!clients.client(id).send("tell", "client"));
        CHECK(!clients.user("ada").send("tell", "user"));
        CHECK(!clients.group("lobby").send("tell", "group"));
        s.flush(by);
        CHECK(ada.told.empty());
        CHECK(bob.told == lines{"all"});
        CHECK(kim.told == lines{"all", "user", "group"});
        s.forget();
    }
}

TEST_CASE("a server listens to a group while it has members there, and no longer") {
    stage<counted_setup> s;
    auto listeners = [&] {
        std::size_t count = 0;
        auto const error = s.complete([&](auto done) {
            s.left().bus.async_publish(
                "chat/group/lobby",
                hubbub::detail::client_call{
                    "tell", {}, hubbub::detail::recipients{.connections = {{"nobody"}}}},
                [&, done](std::error_code e, hubbub::receiver_count n) {
                    count = n.value_or(0);
                    done(e);
                });
        });
        CHECK(!error);
        return count;
    };
    auto& ada = s.connect(s.left());
    auto& eve = s.connect(s.right());
    auto& kim = s.connect(s.middle()); // of two servers, at the right too
    CHECK(listeners() == 0);
    CHECK(!s.add(s.left(), ada.connection.id(), "lobby"));
    CHECK(listeners() == 1);
    CHECK(!s.add(s.left(), eve.connection.id(), "lobby"));
    CHECK(listeners() == 2);
    CHECK(!s.add(s.left(), kim.id(), "lobby"));
    CHECK(listeners() == s.servers.size());
    CHECK(!s.remove(s.right(), kim.id(), "lobby"));
    CHECK(!s.remove(s.left(), eve.connection.id(), "lobby"));
    ada.connection.disconnect();
    s.run_until([&] { return listeners() == 0; }, "the servers to leave the group");
}

TEST_CASE("members keep their names, to the letter, on the way to another server") {
    struct position {
        int xAxis;
        int y_axis;
    };
    stage<json_setup> s;
    for (auto* const at : {&s.right(), &s.middle()}) {
        auto& c = s.connect(*at);
        c.methods.on("moved", [&c](position const& p) {
            std::string text;
            CHECK(!hubbub::json_serializer{}.encode(p, text));
            c.told.push_back(text);
        });
    }
    CHECK(!s.left().hub->clients().all().send("moved", position{.xAxis = 1, .y_axis = 2}));
    s.flush(s.left());
    for (auto const& c : s.clients)
        CHECK(c.told == lines{R"({"xAxis":1,"y_axis":2})"});
}

TEST_CASE("a client gets what is sent once it is connected, and nothing older") {
    stage<json_setup> s;
    s.connect(s.left());
    CHECK(!s.left().hub->clients().all().send("tell", "old"));
    s.flush(s.left());
    auto& late = s.connect(s.right());
    auto& later = s.connect(s.middle());
    CHECK(!s.left().hub->clients().all().send("tell", "new"));
    s.flush(s.left());
    CHECK(late.told == lines{"new"});
    CHECK(later.told == lines{"new"});
}

TEST_CASE("a handler that throws is reported, and the others are still called") {
    stage<json_setup> s;
    unsigned failures = 0;
    s.left().hub->set_observer([&](hubbub::hub_event const& e) {
        failures += std::holds_alternative<hubbub::client_handler_failed>(e) ? 1 : 0;
    });
    auto& bad = s.connect(s.left());
    bad.methods.on("tell", [](std::string) { throw std::runtime_error("no"); });
    auto& good = s.connect(s.left());
    auto& far = s.connect(s.middle());

    CHECK(!s.right().hub->clients().all().send("tell", "still told"));
    CHECK(!s.right().hub->clients().all().send("no such method", 1));
    s.run_until([&] { return failures == 3 && !far.told.empty(); }, "all failures to be reported");
    CHECK(good.told == lines{"still told"});
    CHECK(far.told == lines{"still told"});
}

TEST_SUITE_END();
