// Who is in a group, or has connections of a user, as they come and go, on every bus.
#include "support/hub_stage.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <variant>

TEST_SUITE_BEGIN("hub");

TEST_CASE("being added twice is being in it once, and being removed ends it") {
    stage<json_setup> s;
    auto& ada = s.connect(s.left());
    for (auto* const by : {&s.left(), &s.right()}) { // its own server, and another
        ada.told.clear();
        CHECK(!s.add(*by, ada.id(), "lobby"));
        CHECK(!s.add(*by, ada.id(), "lobby"));
        CHECK(!s.right().hub->clients().group("lobby").send("tell", "once"));
        s.flush(s.right());
        CHECK(ada.told == lines{"once"});

        CHECK(!s.remove(*by, ada.id(), "lobby"));
        CHECK(!s.right().hub->clients().group("lobby").send("tell", "not any more"));
        s.flush(s.right());
        CHECK(ada.told == lines{"once"});
    }
}

TEST_CASE("being added by two servers is being in it once, and either may end it") {
    stage<json_setup> s;
    auto& ada = s.connect(s.left());
    CHECK(!s.add(s.left(), ada.id(), "lobby"));
    CHECK(!s.add(s.right(), ada.id(), "lobby"));
    CHECK(!s.right().hub->clients().group("lobby").send("tell", "once"));
    s.flush(s.right());
    CHECK(ada.told == lines{"once"});

    CHECK(!s.remove(s.right(), ada.id(), "lobby"));
    CHECK(!s.left().hub->clients().group("lobby").send("tell", "not any more"));
    s.flush(s.left());
    CHECK(ada.told == lines{"once"});
}

TEST_CASE("removing who is in no group is no error, by its own server and by another") {
    stage<json_setup> s;
    auto& ada = s.connect(s.left());
    auto& bob = s.connect(s.left());
    CHECK(!s.add(s.left(), bob.id(), "lobby"));
    for (auto* const by : {&s.left(), &s.right()}) {
        CHECK(!s.remove(*by, ada.id(), "lobby"));
        CHECK(!s.remove(*by, ada.id(), "no such group"));
    }
    CHECK(!s.right().hub->clients().group("lobby").send("tell", "lobby"));
    s.flush(s.right());
    CHECK(ada.told.empty());
    CHECK(bob.told == lines{"lobby"});
}

TEST_CASE("a member of a group that throws, and again, keeps the call from no other member") {
    stage<json_setup> s;
    unsigned failures = 0;
    s.left().hub->on_event([&](hubbub::hub_event const& e) {
        failures += std::holds_alternative<hubbub::outlet_failed>(e) ? 1 : 0;
    });
    auto& bad = s.connect(s.left());
    bad.methods.on("fall", [](std::string) { throw std::runtime_error("no"); });
    auto& good = s.connect(s.left());
    auto& far = s.connect(s.right());
    for (auto* const c : {&good, &far})
        c->methods.on("fall", [c](std::string text) { c->told.push_back(text); });
    for (auto* const c : {&bad, &good, &far})
        CHECK(!s.add(s.left(), c->id(), "lobby"));

    for (auto* const by : {&s.left(), &s.right()})
        for (auto const* const text : {"one", "two"})
            CHECK(!by->hub->clients().group("lobby").send("fall", text));
    s.run_until([&] { return failures == 4; }, "the failures");
    s.flush(s.left());
    s.flush(s.right());
    for (auto* const c : {&good, &far}) {
        CHECK(std::count(c->told.begin(), c->told.end(), "one") == 2);
        CHECK(std::count(c->told.begin(), c->told.end(), "two") == 2);
        CHECK(c->told.size() == 4);
    }
}

TEST_CASE("when one of a user's connections ends, the others are called on, once each") {
    stage<json_setup> s;
    auto& desk = s.connect(s.left(), "ada");
    auto& phone = s.connect(s.left(), "ada");
    auto& pad = s.connect(s.right(), "ada");
    auto const send = [&](std::string const& text) {
        CHECK(!s.left().hub->clients().user("ada").send("tell", "left: " + text));
        s.flush(s.left());
        CHECK(!s.right().hub->clients().user("ada").send("tell", "right: " + text));
        s.flush(s.right());
    };
    send("three");
    desk.connection.disconnect();
    send("two");
    phone.connection.disconnect(); // the last of its server
    send("one");

    CHECK(desk.told == lines{"left: three", "right: three"});
    CHECK(phone.told == lines{"left: three", "right: three", "left: two", "right: two"});
    CHECK(pad.told == lines{"left: three", "right: three", "left: two", "right: two", "left: one",
                            "right: one"});
    auto& again = s.connect(s.left(), "ada");
    send("back");
    CHECK(again.told == lines{"left: back", "right: back"});
    CHECK(pad.told.size() == 8);
}

TEST_SUITE_END();
