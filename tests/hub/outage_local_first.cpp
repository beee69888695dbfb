// What local_first does, on every bus, and while the backplane is away.
#include "support/outage_stage.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>
#include <system_error>

namespace {

using namespace std::chrono_literals;
using hubbub::errc;

outage::setting local_first() {
    return {.hub = {.order = hubbub::delivery_order::local_first}};
}

/// Puts a client into the group "lobby".
void enter_lobby(outage& o, outage_client const& c) {
    std::optional<std::error_code> joined;
    o.left.hub->async_add_to_group(c.connection.id(), "lobby",
                                   [&](std::error_code error) { joined = error; });
    o.time.run_for(100ms);
    REQUIRE(joined == std::error_code{});
}

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE("local_first tells its own members at once, and all of them once") {
    auto options = stage<json_setup>::defaults();
    options.order = hubbub::delivery_order::local_first;
    stage<json_setup> s(options);
    auto& ada = s.connect(s.left(), "ada");
    auto& eve = s.connect(s.right(), "ada");
    auto& kim = s.connect(s.middle(), "ada");
    for (auto* const c : {&ada, &eve, &kim})
        CHECK(!s.add(s.left(), c->id(), "lobby"));

    auto const clients = s.left().hub->clients();
    CHECK(!clients.all().send("tell", "all"));
    CHECK(!clients.group("lobby").send("tell", "group"));
    CHECK(!clients.groups({"lobby", "garden"}).send("tell", "groups"));
    CHECK(!clients.user("ada").send("tell", "user"));
    s.flush(s.left());
    for (auto* const c : {&ada, &eve, &kim})
        CHECK(c->told == lines{"all", "group", "groups", "user"});

    s.left().transport->close(); // the backplane is gone for good
    CHECK(clients.group("lobby").send("tell", "still here") == hubbub::errc::closed);
    s.run_until([&] { return ada.told.back() == "still here"; }, "its own members to be told");
}

TEST_CASE("with local_first the members of one server keep talking while the backplane is away") {
    outage o(local_first());
    auto& near = o.connect(o.left);
    auto& far = o.connect(*o.right);
    o.left.link.cut();
    CHECK(!o.send(o.left, "hello"));
    o.time.run_for(100ms);
    CHECK(near.told == lines{"hello"});
    CHECK(far.told.empty());
    o.left.link.heal();
    o.time.run_for(1s);
    CHECK(near.told == lines{"hello"}); // once
    CHECK(far.told == lines{"hello"});
}

TEST_CASE(
    "with local_first the members of a group on one server keep talking, and the rest follow") {
    outage o(local_first());
    auto& ada = o.connect(o.left);
    auto& bob = o.connect(o.left);
    auto& guest = o.connect(o.left); // in no group
    auto& far = o.connect(*o.right);
    for (auto* const c : {&ada, &bob, &far})
        enter_lobby(o, *c);
    o.left.link.cut();
    CHECK(!o.left.hub->clients().group("lobby").send("tell", "one"));
    CHECK(!o.left.hub->clients().group_except("lobby", {ada.connection.id()}).send("tell", "two"));
    o.time.run_for(100ms);
    CHECK(ada.told == lines{"one"});
    CHECK(bob.told == lines{"one", "two"});
    CHECK(far.told.empty());
    o.left.link.heal();
    o.time.run_for(1s);
    CHECK(ada.told == lines{"one"}); // each once
    CHECK(bob.told == lines{"one", "two"});
    CHECK(far.told == lines{"one", "two"});
    CHECK(guest.told.empty());
}

TEST_CASE("with local_first its own members are told what the backplane has no room for, too") {
    auto setting = local_first();
    setting.link.limits.max_queue_messages = 10;
    outage o(setting);
    auto& near = o.connect(o.left);
    auto& far = o.connect(*o.right);
    for (auto* const c : {&near, &far})
        enter_lobby(o, *c);
    o.left.link.cut();
    lines sent;
    lines accepted;
    for (int i = 0; i < 20; ++i) {
        sent.push_back(std::to_string(i));
        auto const error = o.left.hub->clients().group("lobby").send("tell", sent.back());
        if (!error)
            accepted.push_back(sent.back());
        else
            CHECK(error == errc::queue_full);
    }
    CHECK(accepted.size() > 5);
    CHECK(accepted.size() <= 10);
    o.time.run_for(100ms);
    CHECK(near.told == sent);
    CHECK(far.told.empty());
    o.left.link.heal();
    o.time.run_for(2s);
    CHECK(near.told == sent);
    CHECK(far.told == accepted);
    CHECK(o.right->gaps.empty()); // who sent it was told that it was refused

    CHECK(!o.left.hub->clients().group("lobby").send("tell", "again"));
    o.time.run_for(100ms);
    CHECK(near.told.back() == "again");
    CHECK(far.told.back() == "again");
}

TEST_CASE("with local_first those whose link is away are told a gap when it returns") {
    outage o(local_first());
    auto& near = o.connect(o.left);
    auto& far = o.connect(*o.right);
    for (auto* const c : {&near, &far})
        enter_lobby(o, *c);
    auto const send = [&](std::string const& text) {
        CHECK(!o.right->hub->clients().group("lobby").send("tell", text));
    };
    send("before");
    o.time.run_for(100ms);
    o.left.link.cut();
    for (auto const* const text : {"one", "two", "three"})
        send(text);
    o.time.run_for(100ms);
    CHECK(near.told == lines{"before"});
    CHECK(far.told == lines{"before", "one", "two", "three"});
    o.left.link.heal();
    o.time.run_for(2s); // though nothing more is sent
    CHECK(o.left.gaps == lines{"hub/group/lobby 3"});
    send("after");
    o.time.run_for(100ms);
    CHECK(near.told == lines{"before", "after"});
    CHECK(far.told == lines{"before", "one", "two", "three", "after"});
    CHECK(o.right->gaps.empty());
}

TEST_SUITE_END();
