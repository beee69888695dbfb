// SPDX-License-Identifier: MIT
#include <hubbub/hub/members/members.hpp>

#include "support/members_stage.hpp"

#include <asio/error.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace members_test {

using namespace std::chrono_literals;
using namespace hubbub::detail;
using hubbub::errc;
using hubbub::hub_errc;
using support::fate;
using support::members_stage;
using support::strings;

namespace {
std::error_code const ok;
} // namespace

TEST_CASE("who connects before the server is ready waits for it, and is let in or refused with all "
          "others") {
    for (std::error_code const outcome : {ok, support::reset}) {
        members_stage s;
        for (auto const* const name : {"a", "b"})
            s.connect(name, "u");
        s.run();
        CHECK(s.waits("a"));
        s.here->open(outcome);
        s.run();
        for (auto const* const name : {"a", "b"})
            CHECK(s.outcome(name) == outcome);
        s.connect("c");
        s.run();
        CHECK(s.outcome("c") == outcome);
        CHECK(s.here->roster().size() == (outcome ? 0 : 3));
        CHECK(s.connected == (outcome ? strings{} : strings{"s-1", "s-2", "s-3"}));
    }
}

TEST_CASE(
    "an answer completes a question once: its own, or that the client ended, gave none, threw "
    "or is none") {
    enum class how { answered, twice, ended, dropped, threw, unknown, not_allowed, closed };
    for (auto const h : {how::answered, how::twice, how::ended, how::dropped, how::threw,
                         how::unknown, how::not_allowed, how::closed}) {
        CAPTURE(static_cast<int>(h));
        members_stage s;
        s.here->open({});
        auto const a = s.connect("a");
        s.run();
        a->throws = h == how::threw;
        a->allowed = h != how::not_allowed;
        s.here->ask(h == how::unknown ? "s-7" : a->id, shared_call("m", packed()),
                    s.answer_into("asked"));
        s.run();
        auto const expected = [&]() -> std::error_code {
            switch (h) {
            case how::answered: a->asked.front()->take({.text = "first"}); return {};
            case how::twice:
                a->asked.front()->take({.text = "first"});
                a->asked.front()->take({.error = hub_errc::method_failed});
                return {};
            case how::ended: s.here->disconnect(a, {}); return hub_errc::connection_ended;
            case how::closed: s.here->close(); return hub_errc::connection_ended;
            case how::dropped: return hub_errc::method_failed;
            case how::threw: return hub_errc::method_failed;
            case how::unknown:
            case how::not_allowed: break;
            }
            return hub_errc::unknown_connection;
        }();
        a->asked.clear();
        s.run();
        CHECK(s.outcome("asked") == expected);
        if (h == how::answered || h == how::twice)
            CHECK(s.answers["asked"].text == "first");
        if (h == how::dropped)
            CHECK(s.answers["asked"].text == "the client gave no answer");
        CHECK(s.take_events() ==
              (h == how::threw ? strings{"client_handler_failed s-1"} : strings{}));
    }
}

TEST_CASE("a drain completes when the last has left and that is told, whoever ends how") {
    constexpr std::size_t all = 3;
    for (std::size_t in_time = 0; in_time <= all; ++in_time) {
        CAPTURE(in_time);
        members_stage s;
        s.here->open({});
        std::vector<support::told_ptr> clients;
        for (std::size_t i = 0; i < all; ++i)
            clients.push_back(s.connect(std::to_string(i)));
        s.run();
        s.here->drain(10s, "bye", s.into("drained"));
        s.here->drain(10s, "bye", s.into("again"));
        s.connect("late");
        s.run();
        CHECK(s.outcome("again") == asio::error::already_started);
        CHECK(s.outcome("late") == hub_errc::shutting_down);
        std::sort(s.asked_to_leave.begin(), s.asked_to_leave.end());
        CHECK(s.asked_to_leave == strings{"s-1 bye", "s-2 bye", "s-3 bye"});
        for (std::size_t i = 0; i < in_time; ++i) {
            CHECK(s.waits("drained"));
            s.here->disconnect(clients[i], {});
            s.run();
        }
        CHECK(s.waits("drained") == (in_time < all));
        s.time.run_for(10s);
        CHECK(s.outcome("drained") == (in_time < all ? make_error_code(errc::timed_out) : ok));
        CHECK(s.here->roster().remaining() == 0);
        CHECK(s.disconnected.size() == all);
        CHECK(s.closed.size() == all - in_time + 1); // and late; who left by himself is not told

        s.here->drain(10s, "bye", s.into("once more")); // of nobody
        s.run();
        CHECK(s.outcome("once more") == ok);
    }
    members_stage s;
    s.here->open({});
    s.connect("a");
    s.run();
    s.here->drain(10s, {}, s.into("drained"));
    s.here->close();
    s.here->drain(10s, {}, s.into("closed"));
    s.run();
    CHECK(s.outcome("drained") == errc::closed);
    CHECK(s.outcome("closed") == errc::closed);
}

TEST_CASE("while the link is down no more wait to be let in than may") {
    members_stage s({.max_connecting = 2});
    s.here->open({});
    s.transport.usual = fate::waits;
    s.transport.lose_link();
    for (auto const* const name : {"a", "b", "c"})
        s.connect(name);
    s.run();
    CHECK(s.outcome("c") == errc::queue_full);
    s.transport.restore_link();
    s.connect("d");
    s.transport.answer_all();
    s.run();
    for (auto const* const name : {"a", "b", "d"})
        CHECK(s.outcome(name) == ok);
    CHECK(s.here->roster().size() == 3);
}

TEST_CASE("a call reaches whom it is meant for once, whoever throws; one that was told here is not "
          "told again; and one may end connections") {
    members_stage s;
    s.here->open({});
    auto const a = s.connect("a", "u");
    auto const b = s.connect("b", "u");
    s.run();
    a->throws = true;
    client_call c{.method = "m", .arguments = {}};
    s.transport.deliver(s.topics.all(), c);
    c.told_at = "t";
    s.transport.deliver(s.topics.user("u"), c);
    c.told_at = "s";
    s.transport.deliver(s.topics.all(), c);
    CHECK(a->told == strings{"m", "m"});
    CHECK(b->told == strings{"m", "m"});
    CHECK(s.take_events() == strings{"client_handler_failed s-1", "client_handler_failed s-1"});

    s.here->deliver_later(s.topics.all(), c);
    CHECK(b->told.size() == 2); // on the executor
    s.run();
    CHECK(b->told.size() == 3);

    s.transport.deliver(s.topics.all(),
                        client_call{.method = {},
                                    .arguments = {},
                                    .to = recipients{.connections = frame_names{b->id}},
                                    .closes = "go"});
    s.run();
    CHECK(!b->connected);
    CHECK(a->connected);
    CHECK(s.closed == strings{"s-2 " + make_error_code(errc::disconnected).message() + ": go"});
}

TEST_CASE("the policy is asked before a connection joins, and of who is none nothing is asked") {
    members_stage s;
    s.here->open({});
    auto const a = s.connect("a");
    s.run();
    s.hooks->on_allow(
        [](auto const&, hubbub::access_request const& what) { return what.name != "secret"; });
    s.here->add_to_group(a->id, "secret", s.into("secret"));
    s.here->add_to_group(a->id, "open", s.into("open"));
    s.here->add_to_group("s-9", "secret", s.into("unknown"));
    s.run();
    CHECK(s.outcome("secret") == hub_errc::refused);
    CHECK(s.outcome("open") == ok);
    CHECK(s.outcome("unknown") == hub_errc::unknown_connection);
    CHECK(s.take_events() == strings{"refused secret"});
    CHECK(!s.transport.has(s.topics.group("secret")));
}

TEST_CASE("what is asked of who is here is answered by those who were admitted, in order") {
    members_stage s;
    s.here->open({});
    auto const a = s.connect("a", "u");
    auto const b = s.connect("b", "v");
    s.run();
    s.transport.usual = fate::waits;
    s.connect("waits", "w");
    s.transport.usual = fate::succeeds;
    s.here->add_to_group(b->id, "g", s.into("g"));
    s.here->add_to_group(b->id, "f", s.into("f"));
    s.run();
    using question = presence_question;
    auto const names = [&](question q, std::string const& of = {}) {
        return s.here->look_up(q, of).presence->names;
    };
    CHECK(s.here->look_up(question::count, {}).presence->count == 2);
    CHECK(names(question::connections) == frame_names{a->id, b->id});
    CHECK(names(question::users) == frame_names{"u", "v"});
    CHECK(names(question::groups) == frame_names{"f", "g"});
    CHECK(names(question::members, "g") == frame_names{b->id});
    CHECK(names(question::members, "none").empty());
    CHECK(names(question::connections_of, "u") == frame_names{a->id});
    CHECK(names(question::connections_of, "w").empty());
    CHECK(names(question::groups_of, b->id) == frame_names{"f", "g"});
    CHECK(s.here->look_up(question::groups_of, "s-9").error == hub_errc::unknown_connection);
    CHECK(s.here->look_up(question::snapshot, {}).presence->snapshot->present.size() == 2);
    CHECK(s.here->look_up(question::unknown, {}).error == hub_errc::unknown_method);
}

} // namespace members_test
