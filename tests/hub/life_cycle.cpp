// How connections begin and end, on every bus.
#include "support/hub_stage.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

namespace {

/// Connects a client that writes down why it was ended.
template <class Setup>
std::error_code connect(stage<Setup>& s, server<Setup>& at, std::string user, lines& ends) {
    auto& c = s.clients.emplace_back();
    hubbub::connect_options who{.user = user};
    who.on_closed = [&ends, user](hubbub::close_reason const& why) {
        ends.push_back(user + ": " + why.code.message() + ": " + why.text);
    };
    return s.complete([&](auto done) {
        at.hub->async_connect(std::move(who), c.methods,
                              [&c, done](std::error_code error, auto connection) {
                                  if (!error)
                                      c.connection = std::move(connection);
                                  done(error);
                              });
    });
}

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE("the owner is told when connections begin and end, and why") {
    stage<json_setup> s;
    lines told;
    auto& hub = *s.left().hub;
    hub.on_connected([&](hubbub::caller const& who) { told.push_back(who.user() + " is here"); });
    hub.on_disconnected([&](hubbub::caller const& who, hubbub::close_reason const& why) {
        told.push_back(who.user() + " left: " + (why.code ? why.text : "by itself"));
    });
    auto& ada = s.connect(s.left(), "ada");
    CHECK(told == lines{"ada is here"});
    ada.connection.disconnect();
    s.run_until([&] { return told.size() == 2; }, "the end by itself");
    CHECK(told == lines{"ada is here", "ada left: by itself"});
    for (auto& by : s.servers) {
        auto& bob = s.connect(s.left(), "bob");
        CHECK(!by.hub->clients().client(bob.id()).disconnect("enough"));
        s.run_until([&] { return told.size() == 4; }, "both ends");
        CHECK(lines(told.begin() + 2, told.end()) == lines{"bob is here", "bob left: enough"});
        CHECK(!bob.connection.connected());
        told.resize(2);
    }
    CHECK(hub.connections() == 0);
}

TEST_CASE("on_connected may refuse, and then the connection never was") {
    stage<json_setup> s;
    lines told;
    lines ends;
    s.left().hub->on_connected([](hubbub::caller const& who) {
        if (who.user() == "bob")
            throw hubbub::hub_error("not you");
    });
    s.left().hub->on_disconnected([&](hubbub::caller const& who, hubbub::close_reason const&) {
        told.push_back(who.user());
    });
    CHECK(connect(s, s.left(), "bob", ends) == hubbub::hub_errc::refused);
    CHECK(!connect(s, s.left(), "ada", ends));
    s.clients.pop_front();
    s.flush(s.right());
    CHECK(ends == lines{"bob: not allowed: not you"});
    CHECK(told.empty());
    CHECK(s.left().hub->connections() == 1);
}

TEST_CASE("a connection, a user, or all of a group are ended wherever they are") {
    stage<json_setup> s;
    lines ends;
    for (auto& at : s.servers)
        for (auto const* const user : {"ada", "bob", "eve"})
            CHECK(!connect(s, at, user, ends));
    for (std::size_t i = 1; i < s.clients.size(); i += 4) // bob of the left, eve of the next, ...
        CHECK(!s.add(s.left(), s.clients[i].id(), "noisy"));
    s.connect(s.middle(), "kim");

    auto const clients = s.left().hub->clients();
    CHECK(!clients.user("ada").disconnect("banned"));
    CHECK(!clients.group("noisy").disconnect("quiet now"));
    s.run_until([&] { return ends.size() == s.servers.size() + 2; }, "all ends");
    auto const ended = hubbub::make_error_code(hubbub::errc::disconnected).message();
    for (auto const& line : lines{"ada: " + ended + ": banned", "bob: " + ended + ": quiet now",
                                  "eve: " + ended + ": quiet now"})
        CHECK(static_cast<std::size_t>(std::count(ends.begin(), ends.end(), line)) ==
              (line.starts_with("ada") ? s.servers.size() : 1));
    CHECK(s.left().hub->connections() == 1);   // eve
    CHECK(s.middle().hub->connections() == 2); // bob and kim
    if (s.servers.size() == 3)
        CHECK(s.right().hub->connections() == 2); // bob and eve
}

TEST_CASE("a server that drains lets all go elsewhere and admits nobody") {
    stage<json_setup> s;
    lines ends;
    CHECK(!connect(s, s.left(), "ada", ends));
    CHECK(!connect(s, s.right(), "bob", ends));
    CHECK(!connect(s, s.middle(), "kim", ends));
    s.left().hub->disconnect_all("new version");
    s.run_until([&] { return ends.size() == 1; }, "ada to be told");
    CHECK(ends == lines{"ada: the server is shutting down: new version"});
    CHECK(connect(s, s.left(), "eve", ends) == hubbub::hub_errc::shutting_down);
    CHECK(s.left().hub->connections() == 0);
    CHECK(s.clients[1].connection.connected());
    CHECK(s.clients[2].connection.connected());
}

TEST_CASE(
    "what is told that a connection ends may throw: the owner of the hub is told so, and of the "
    "end as well") {
    stage<json_setup> s({.on_redis = false, .servers = 2}, stage<json_setup>::defaults());
    auto& hub = *s.left().hub;
    lines failed;
    lines told;
    hub.set_observer([&](hubbub::hub_event const& e) {
        if (auto const* const hook = std::get_if<hubbub::hook_failed>(&e)) {
            CHECK_THROWS_WITH(std::rethrow_exception(hook->exception), "not now");
            failed.push_back(std::string(hook->hook) + " of " +
                             (hook->connection == s.clients[0].id() ? "ada" : "bob"));
        }
    });
    hub.on_disconnected([&](hubbub::caller const& who, hubbub::close_reason const& /*why*/) {
        told.push_back("owner: " + who.user());
        throw std::runtime_error("not now");
    });
    auto const enter = [&](std::string const& user, bool throws) {
        auto const write = [&told, user, throws] {
            told.push_back(user);
            if (throws)
                throw std::runtime_error("not now");
        };
        hubbub::connect_options who{.user = user};
        who.on_closed = [write](auto const& /*why*/) { write(); };
        who.on_drain = [write](auto const& /*text*/) { write(); };
        auto& c = s.clients.emplace_back();
        CHECK(!s.complete([&](auto done) {
            hub.async_connect(std::move(who), c.methods,
                              [&c, done](std::error_code error, auto connection) {
                                  c.connection = std::move(connection);
                                  done(error);
                              });
        }));
    };
    enter("ada", true);
    enter("bob", false);
    CHECK(s.complete([&](auto done) {
        hub.async_drain(std::chrono::milliseconds(1), "soon", done);
    }) == hubbub::errc::timed_out);
    s.run_until([&] { return told.size() == 6; }, "both ends");
    for (auto* const all : {&told, &failed})
        std::sort(all->begin(), all->end());
    CHECK(told == lines{"ada", "ada", "bob", "bob", "owner: ada", "owner: bob"});
    CHECK(failed == lines{"on_closed of ada", "on_disconnected of ada", "on_disconnected of bob",
                          "on_drain of ada"});
}

TEST_CASE("what the policy does not allow fails as refused, and is told") {
    stage<json_setup> s;
    lines refused;
    lines ends;
    auto& hub = *s.left().hub;
    using kind = hubbub::access_request::kind;
    hub.on_authorize([](hubbub::caller const& who, hubbub::access_request const& what) {
        return who.user() == "root" || (what.what == kind::connect && who.user() != "bob") ||
               what.name == "public";
    });
    hub.set_observer([&](hubbub::hub_event const& e) {
        if (auto const* const r = std::get_if<hubbub::action_refused>(&e))
            refused.emplace_back(r->name);
    });
    bool called = false;
    hub.on("secret", [&] { called = true; });
    hub.on("public", [] {});

    CHECK(connect(s, s.left(), "bob", ends) == hubbub::hub_errc::refused);
    auto& ada = s.connect(s.left(), "ada");
    auto& root = s.connect(s.left(), "root");
    lines expected{""};
    for (auto& by : s.servers) {
        CHECK(s.add(by, ada.id(), "private") == hubbub::hub_errc::refused);
        CHECK(!s.add(by, ada.id(), "public"));
        CHECK(!s.add(by, root.id(), "private"));
        expected.emplace_back("private");
    }
    auto const invoke = [&](auto& who, char const* method) {
        std::optional<std::error_code> error;
        who.connection.template async_invoke<hubbub::outcome<void>>(
            method, [&](hubbub::outcome<void> given) { error = given.error(); });
        s.run_until([&] { return error.has_value(); }, "an answer");
        return *error;
    };
    CHECK(invoke(ada, "secret") == hubbub::hub_errc::refused);
    CHECK(!called);
    CHECK(!invoke(ada, "public"));
    CHECK(!invoke(root, "secret"));
    CHECK(called);
    expected.emplace_back("secret");
    CHECK(refused == expected);
}

TEST_CASE("an observer of who comes and goes that will hear nothing is an event, with the reason") {
    stage<json_setup> s;
    std::vector<std::error_code> why;
    auto& hub = *s.left().hub;
    hub.set_observer([&](hubbub::hub_event const& e) {
        if (auto const* const failed = std::get_if<hubbub::watch_failed>(&e))
            why.push_back(failed->error);
    });
    s.connect(s.left());
    s.left().transport->close();
    hub.presence().set_observer([](hubbub::presence_change const& /*change*/) {});
    s.run_until([&] { return !why.empty(); }, "the event");
    CHECK(why == std::vector<std::error_code>{hubbub::errc::closed});
}

TEST_SUITE_END();
