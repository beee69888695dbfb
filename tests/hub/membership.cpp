// Who is in a group, or has connections of a user, as they come and go, on every bus.
#include "support/hub_stage.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <system_error>
#include <variant>

TEST_SUITE_BEGIN("hub");

TEST_CASE("being added twice is being in it once, and being removed ends it") {
    stage<json_setup> s;
    auto& ada = s.connect(s.left());
    for (auto& by : s.servers) // its own server, and the others
        for (auto& from : s.servers) {
            ada.told.clear();
            CHECK(!s.add(by, ada.id(), "lobby"));
            CHECK(!s.add(by, ada.id(), "lobby"));
            CHECK(!from.hub->clients().group("lobby").send("tell", "once"));
            s.flush(from);
            CHECK(ada.told == lines{"once"});

            CHECK(!s.remove(by, ada.id(), "lobby"));
            CHECK(!from.hub->clients().group("lobby").send("tell", "not any more"));
            s.flush(from);
            CHECK(ada.told == lines{"once"});
        }
}

TEST_CASE("being added by several servers is being in it once, and any of them may end it") {
    stage<json_setup> s;
    auto& ada = s.connect(s.left());
    for (auto& ends : s.servers) {
        ada.told.clear();
        for (auto& by : s.servers)
            CHECK(!s.add(by, ada.id(), "lobby"));
        CHECK(!s.right().hub->clients().group("lobby").send("tell", "once"));
        s.flush(s.right());
        CHECK(ada.told == lines{"once"});

        CHECK(!s.remove(ends, ada.id(), "lobby"));
        for (auto& from : s.servers) {
            CHECK(!from.hub->clients().group("lobby").send("tell", "not any more"));
            s.flush(from);
        }
        CHECK(ada.told == lines{"once"});
    }
}

TEST_CASE("removing who is in no group is no error, by its own server and by another") {
    stage<json_setup> s;
    auto& ada = s.connect(s.left());
    auto& bob = s.connect(s.left());
    auto& kim = s.connect(s.middle());
    for (auto* const c : {&bob, &kim})
        CHECK(!s.add(s.left(), c->id(), "lobby"));
    for (auto& by : s.servers) {
        CHECK(!s.remove(by, ada.id(), "lobby"));
        CHECK(!s.remove(by, ada.id(), "no such group"));
    }
    CHECK(!s.right().hub->clients().group("lobby").send("tell", "lobby"));
    s.flush(s.right());
    CHECK(ada.told.empty());
    for (auto* const c : {&bob, &kim})
        CHECK(c->told == lines{"lobby"});
}

TEST_CASE("a member of a group that throws, and again, keeps the call from no other member") {
    stage<json_setup> s;
    unsigned failures = 0;
    s.left().hub->set_observer([&](hubbub::hub_event const& e) {
        failures += std::holds_alternative<hubbub::client_handler_failed>(e) ? 1 : 0;
    });
    auto& bad = s.connect(s.left());
    bad.methods.on("fall", [](std::string) { throw std::runtime_error("no"); });
    auto& good = s.connect(s.left());
    auto& far = s.connect(s.right());
    auto& middle = s.connect(s.middle());
    for (auto* const c : {&good, &far, &middle})
        c->methods.on("fall", [c](std::string text) { c->told.push_back(text); });
    for (auto* const c : {&bad, &good, &far, &middle})
        CHECK(!s.add(s.left(), c->id(), "lobby"));

    for (auto& by : s.servers)
        for (auto const* const text : {"one", "two"})
            CHECK(!by.hub->clients().group("lobby").send("fall", text));
    s.run_until([&] { return failures == 2 * s.servers.size(); }, "the failures");
    for (auto& by : s.servers)
        s.flush(by);
    auto const each = static_cast<std::ptrdiff_t>(s.servers.size());
    for (auto* const c : {&good, &far, &middle}) {
        CHECK(std::count(c->told.begin(), c->told.end(), "one") == each);
        CHECK(std::count(c->told.begin(), c->told.end(), "two") == each);
        CHECK(c->told.size() == 2 * s.servers.size());
    }
}

TEST_CASE("when one of a user's connections ends, the others are called on, once each") {
    stage<json_setup> s;
    auto& desk = s.connect(s.left(), "ada");
    auto& phone = s.connect(s.left(), "ada");
    auto& pad = s.connect(s.right(), "ada");
    auto& watch = s.connect(s.middle(), "ada");
    auto const send = [&](std::string const& text) {
        CHECK(!s.left().hub->clients().user("ada").send("tell", "left: " + text));
        s.flush(s.left());
        CHECK(!s.right().hub->clients().user("ada").send("tell", "right: " + text));
        s.flush(s.right());
        CHECK(!s.middle().hub->clients().user("ada").send("tell", "middle: " + text));
        s.flush(s.middle());
    };
    auto const lines_of = [](lines const& texts) {
        lines all;
        for (auto const& text : texts)
            for (auto const* const from : {"left: ", "right: ", "middle: "})
                all.push_back(from + text);
        return all;
    };
    send("four");
    desk.connection.disconnect();
    send("three");
    phone.connection.disconnect(); // the last of its server
    send("two");

    CHECK(desk.told == lines_of({"four"}));
    CHECK(phone.told == lines_of({"four", "three"}));
    for (auto* const c : {&pad, &watch})
        CHECK(c->told == lines_of({"four", "three", "two"}));
    auto& again = s.connect(s.left(), "ada");
    watch.connection.disconnect(); // of three servers, the last of its server
    send("back");
    CHECK(again.told == lines_of({"back"}));
    CHECK(pad.told == lines_of({"four", "three", "two", "back"}));
    CHECK(watch.told == lines_of({"four", "three", "two"}));
}

TEST_CASE("who is left out of a call to clients of several servers is left out at each") {
    stage<json_setup> s;
    lines all;
    lines some;
    for (auto& at : s.servers)
        for (auto const* const user : {"ada", "bob"}) {
            all.push_back(s.connect(at, user).id());
            if (std::string(user) == "bob")
                some.push_back(all.back());
        }
    auto const clients = s.left().hub->clients();
    CHECK(!clients.clients(all).except(some).send("tell", "ada"));
    CHECK(!clients.clients(all).except_users({"ada"}).send("tell", "bob"));
    s.flush(s.left());
    for (std::size_t i = 0; i < s.clients.size(); ++i)
        CHECK(s.clients[i].told == lines{i % 2 == 0 ? "ada" : "bob"});
}

TEST_CASE("an id that no text can be is one that nobody has, wherever it is named") {
    stage<json_setup> s;
    auto& ada = s.connect(s.right());
    std::string const bytes = "\xff";
    auto const id = s.right().hub->server_id() + "-" + bytes;
    auto const clients = s.left().hub->clients();
    CHECK(!clients.all_except({bytes}).send("tell", "all"));
    CHECK(!clients.clients({id, ada.id()}).send("tell", "some"));
    s.flush(s.left());
    CHECK(ada.told == lines{"all", "some"});

    std::error_code const unknown = hubbub::hub_errc::unknown_connection;
    CHECK(s.add(s.left(), id, "lobby") == unknown);
    CHECK(s.remove(s.left(), id, "lobby") == unknown);
    CHECK(s.complete([&](auto done) {
        s.left().hub->async_groups_of(id, [done](auto error, auto const&) { done(error); });
    }) == unknown);
    CHECK(s.complete([&](auto done) {
        clients.client(id).template async_invoke<hubbub::outcome<int>>(
            "answer", [done](hubbub::outcome<int> const& given) { done(given.error()); });
    }) == unknown);
}

TEST_SUITE_END();
