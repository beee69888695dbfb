// What the servers of a hub know together, on every bus.
#include "support/hub_stage.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

namespace {

/// Runs until a question that is asked with a handler is answered.
template <class Answer, class Setup, class Ask>
Answer answer(stage<Setup>& s, Ask ask, std::error_code expected = {}) {
    std::optional<Answer> all;
    ask([&](std::error_code error, Answer given) {
        CHECK(error == expected);
        all = std::move(given);
    });
    s.run_until([&] { return all.has_value(); }, "all servers to answer");
    return std::move(*all);
}

/// Waits until every server has heard of every other.
template <class Setup>
void meet(stage<Setup>& s) {
    s.run_until(
        [&] {
            return std::all_of(s.servers.begin(), s.servers.end(), [&](auto& each) {
                return each.hub->servers().alive().size() == s.servers.size();
            });
        },
        "the servers to meet");
}

using list = hubbub::server_results<lines>;

lines sorted(lines all) {
    std::sort(all.begin(), all.end());
    return all;
}

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE("each server is told once that a server has joined, itself too, and later ones as well") {
    stage<json_setup> s;
    std::deque<lines> joined;
    auto const note = [&](server<json_setup>& at) {
        at.hub->set_observer([&told = joined.emplace_back()](hubbub::hub_event const& e) {
            if (auto const* const server = std::get_if<hubbub::server_joined>(&e))
                told.emplace_back(server->server);
        });
    };
    auto const expect_all = [&] {
        meet(s);
        lines all;
        for (auto& each : s.servers)
            all.push_back(each.hub->server_id());
        for (auto& each : s.servers) {
            s.connect(each);
            s.flush(each); // what was on its way has come
        }
        for (auto const& told : joined)
            CHECK(sorted(told) == sorted(all));
    };
    for (auto& each : s.servers)
        note(each);
    expect_all();
    s.servers.emplace_back(s.setup.make(), stage<json_setup>::defaults());
    note(s.servers.back());
    expect_all();
}

TEST_CASE("connections, users, groups and members are counted over all servers") {
    stage<json_setup> s;
    meet(s);
    auto& desk = s.connect(s.left(), "ada");
    auto& phone = s.connect(s.right(), "ada");
    auto& eve = s.connect(s.right(), "eve");
    auto& guest = s.connect(s.left());
    CHECK(!s.add(s.left(), desk.id(), "lobby"));
    CHECK(!s.add(s.left(), eve.id(), "lobby"));
    CHECK(!s.add(s.left(), eve.id(), "garden"));

    for (auto const& each : s.servers) {
        auto const p = each.hub->presence();
        auto const ask = [&](auto question) { return answer<list>(s, question); };
        auto const count = answer<hubbub::server_results<std::uint64_t>>(
            s, [&](auto done) { p.async_count(done); });
        CHECK(count.value == 4);
        CHECK(count.missing.empty());
        CHECK(ask([&](auto done) { p.async_connections(done); }).value ==
              sorted({desk.id(), phone.id(), eve.id(), guest.id()}));
        CHECK(ask([&](auto done) { p.async_users(done); }).value == lines{"ada", "eve"});
        CHECK(ask([&](auto done) { p.async_groups(done); }).value == lines{"garden", "lobby"});
        CHECK(ask([&](auto done) { p.async_members("lobby", done); }).value ==
              sorted({desk.id(), eve.id()}));
        CHECK(ask([&](auto done) { p.async_members("cellar", done); }).value.empty());
        CHECK(ask([&](auto done) { p.async_connections_of("ada", done); }).value ==
              sorted({desk.id(), phone.id()}));
    }
    auto const online = [&](char const* user) {
        return answer<hubbub::server_results<bool>>(
                   s, [&](auto done) { s.left().hub->presence().async_is_online(user, done); })
            .value;
    };
    CHECK(online("eve"));
    CHECK(!online("bob"));
    eve.connection.disconnect();
    CHECK(!online("eve"));
    CHECK(answer<list>(s, [&](auto done) { s.left().hub->presence().async_groups(done); }).value ==
          lines{"lobby"});
}

TEST_CASE("every server can tell the groups of a connection, which are those that it is in") {
    stage<json_setup> s;
    meet(s);
    auto& eve = s.connect(s.right(), "eve");
    struct answered {
        std::error_code error;
        lines groups;
        bool operator==(answered const&) const = default;
    };
    auto const groups_of = [&](auto& server, std::string const& id) {
        std::optional<answered> given;
        server.hub->async_groups_of(
            id, [&](std::error_code error, lines groups) { given = {error, std::move(groups)}; });
        s.run_until([&] { return given.has_value(); }, "the server to answer");
        return *given;
    };
    CHECK(!s.add(s.left(), eve.id(), "lobby"));
    CHECK(!s.add(s.right(), eve.id(), "garden"));
    CHECK(!s.add(s.right(), eve.id(), "cellar"));
    CHECK(!s.remove(s.left(), eve.id(), "cellar"));
    for (auto& each : s.servers)
        CHECK(groups_of(each, eve.id()) == answered{{}, {"garden", "lobby"}});

    // What a topic cannot be called is no group.
    std::string const too_long(5000, 'x');
    CHECK(s.add(s.right(), eve.id(), too_long) == hubbub::errc::name_too_long);
    CHECK(s.add(s.right(), eve.id(), too_long) == hubbub::errc::name_too_long);
    CHECK(groups_of(s.left(), eve.id()) == answered{{}, {"garden", "lobby"}});

    auto const gone = eve.id();
    eve.connection.disconnect();
    CHECK(groups_of(s.left(), gone) == answered{hubbub::hub_errc::unknown_connection, {}});
    CHECK(groups_of(s.right(), gone) == answered{hubbub::hub_errc::unknown_connection, {}});
    CHECK(groups_of(s.left(), "0123456789abcdef-1") == answered{s.unknown_server(), {}});
}

TEST_CASE("a server method is called at every server, and all answers are collected") {
    stage<json_setup> s;
    meet(s);
    unsigned told = 0;
    for (auto const& each : s.servers) {
        each.hub->servers().on(
            "id of", [&each](std::string what) { return what + " " + each.hub->server_id(); });
        each.hub->servers().on("tell", [&told] { ++told; });
    }
    s.right().hub->servers().on("fails", []() -> int { throw hubbub::hub_error("not here"); });

    using answers = hubbub::collected<std::string>;
    auto const all = answer<answers>(s, [&](auto done) {
        s.left().hub->servers().template async_invoke<std::string>("id of", "server", done);
    });
    REQUIRE(all.answers.size() == s.servers.size());
    for (auto const& [id, text] : all.answers)
        CHECK(*text == "server " + id);

    auto const failed = answer<hubbub::collected<int>>(
        s, [&](auto done) { s.left().hub->servers().template async_invoke<int>("fails", done); });
    CHECK(failed.missing().size() == s.servers.size());
    for (auto const& [id, number] : failed.answers)
        CHECK(number.text() ==
              (id == s.right().hub->server_id() ? "not here" : "there is no method 'fails'"));

    CHECK(!s.left().hub->servers().send("tell"));
    s.run_until([&] { return told == s.servers.size(); }, "all servers to be told");
}

TEST_CASE_TEMPLATE("a call of a server method that fails is told to the owner of the server called",
                   Setup, ALL_SETUPS) {
    using hubbub::hub_errc;
    std::vector<std::error_code> told;
    lines thrown;
    stage<Setup> s;
    meet(s);
    for (auto& each : s.servers) {
        bool const fails = &each == &s.right();
        auto const methods = each.hub->servers();
        methods.on("explode", [fails] {
            if (fails)
                throw std::runtime_error("out of order");
        });
        methods.on("say", [fails] {
            if (fails)
                throw hubbub::hub_error("not here");
        });
        if (fails)
            methods.on("add", [](int, int) {});
        else
            methods.on("add", [](int) {});
        if (!fails)
            methods.on("not there", [] {});
        each.hub->set_observer([&told, &thrown, fails](hubbub::hub_event const& e) {
            if (auto const* const failed = std::get_if<hubbub::call_failed>(&e)) {
                CHECK(fails);
                CHECK(failed->connection.empty());
                told.push_back(failed->error);
                if (failed->exception)
                    thrown.push_back(std::string(failed->method).append(": ").append(failed->text));
            }
        });
    }
    for (auto* const by : {&s.left(), &s.right()}) {
        told.clear();
        thrown.clear();
        auto const servers = by->hub->servers();
        CHECK(!servers.send("explode"));
        CHECK(!servers.send("say"));
        CHECK(!servers.send("add", 1));
        CHECK(!servers.send("not there"));
        s.run_until([&] { return told.size() == 4; }, "the owner to be told of all");
        CHECK(told == std::vector<std::error_code>{hub_errc::method_failed, hub_errc::method_failed,
                                                   hub_errc::wrong_arguments,
                                                   hub_errc::unknown_method});
        CHECK(thrown == lines{"explode: out of order"});

        auto const all = answer<hubbub::collected<void>>(
            s, [&](auto done) { servers.async_invoke("explode", done); });
        CHECK(all.missing() == lines{s.right().hub->server_id()});
        CHECK(told.size() == 5); // it is told to both
    }
}

TEST_CASE("a server that has ended is asked no more, and one that is silent is named") {
    stage<counted_setup> s; // the other finds it lost sooner than that
    meet(s);
    s.connect(s.left(), "ada");
    s.connect(s.right(), "eve");
    auto const gone = s.right().hub->server_id();
    auto const users = [&] {
        return answer<list>(s, [&](auto done) {
            s.left().hub->presence().within(std::chrono::milliseconds(50)).async_users(done);
        });
    };
    s.right().transport->close(); // without a word
    auto const partial = users();
    CHECK(partial.value == lines{"ada"});
    CHECK(partial.missing == lines{gone});
    s.run_until([&] { return s.left().hub->servers().alive().size() == s.servers.size() - 1; },
                "the dead server to be lost");
    auto const rest = users();
    CHECK(rest.value == lines{"ada"});
    CHECK(rest.missing.empty());
}

TEST_CASE("what is asked of a hub that is closed ends, and names who is missing") {
    stage<json_setup> s;
    meet(s);
    s.connect(s.left());
    auto& hub = *s.left().hub;
    hub.close();
    auto const counted = answer<hubbub::server_results<std::uint64_t>>(
        s, [&](auto done) { hub.presence().async_count(done); }, hubbub::errc::closed);
    CHECK(counted.missing.size() == s.servers.size());
    auto const called = answer<hubbub::collected<void>>(
        s, [&](auto done) { hub.servers().template async_invoke<void>("anything", done); },
        hubbub::errc::closed);
    CHECK(called.missing().size() == s.servers.size());
}

TEST_CASE("an answer that cannot be encoded is an error at once, at whatever server") {
    stage<json_setup> s;
    meet(s);
    for (auto& each : s.servers)
        each.hub->servers().on("noise", [] { return std::string("\xff"); });
    auto const all = answer<hubbub::collected<std::string>>(s, [&](auto done) {
        s.left().hub->servers().template async_invoke<std::string>("noise", done);
    });
    CHECK(all.answers.size() == s.servers.size());
    for (auto const& [server, given] : all.answers) {
        INFO(server, ": ", given.error().message());
        CHECK((given ? server == s.left().hub->server_id()
                     : given.error() == hubbub::errc::cannot_encode));
    }
}

TEST_CASE("a failure whose text cannot be encoded is told without it, at whatever server") {
    stage<json_setup> s;
    meet(s);
    for (auto& each : s.servers)
        each.hub->servers().on("noise", [] { throw hubbub::hub_error("\xff"); });
    auto const all = answer<hubbub::collected<void>>(
        s, [&](auto done) { s.left().hub->servers().template async_invoke<void>("noise", done); });
    CHECK(all.answers.size() == s.servers.size());
    for (auto const& [server, given] : all.answers)
        CHECK(given.error() == hubbub::hub_errc::method_failed);
}

TEST_CASE("the names of users and groups may be any bytes, wherever they are told") {
    stage<json_setup> s;
    meet(s);
    lines const names = sorted({"\xff", "\xc3", "%FF", "100%", "\xc3\xbc", std::string("a\0b", 3)});
    lines changes;
    s.left().hub->presence().set_observer([&](hubbub::presence_change const& c) {
        if (c.of != hubbub::presence_change::kind::connection && c.joined)
            changes.push_back(c.name);
    });
    auto& guest = s.connect(s.right(), "guest");
    // Once the guest is told, the right server knows that the left one watches. A change that is
    // undone before that is not told.
    s.run_until([&] { return changes == lines{"guest"}; }, "the guest to be told");
    for (auto const& name : names) {
        auto& one = s.connect(s.right(), name);
        CHECK(!s.add(s.left(), one.id(), name));
        auto const clients = s.left().hub->clients();
        CHECK(!clients.users({name, "nobody"}).send("tell", "users"));
        CHECK(!clients.groups({name, "no group"}).send("tell", "groups"));
        CHECK(!clients.all().except_users({name}).send("tell", "guest"));
        CHECK(!clients.all().except_groups({name}).send("tell", "guest"));
        s.flush(s.left());
        CHECK(one.told == lines{"users", "groups"});
        auto const p = s.left().hub->presence();
        auto const ask = [&](auto question) { return answer<list>(s, question).value; };
        CHECK(ask([&](auto done) { p.async_members(name, done); }) == lines{one.id()});
        CHECK(ask([&](auto done) { p.async_connections_of(name, done); }) == lines{one.id()});
        lines groups;
        CHECK(!s.complete([&](auto done) {
            s.left().hub->async_groups_of(one.id(), [&, done](std::error_code error, lines all) {
                groups = std::move(all);
                done(error);
            });
        }));
        CHECK(groups == lines{name});
        one.told.clear();
        one.connection.disconnect();
        s.flush(s.right());
    }
    CHECK(guest.told.size() == 2 * names.size());
    s.run_until([&] { return changes.size() == 1 + 2 * names.size(); }, "each to be told");
    lines expected{"guest"};
    for (auto const& name : names)
        expected.insert(expected.end(), {name, name});
    CHECK(sorted(changes) == sorted(expected));
}

TEST_SUITE_END();
