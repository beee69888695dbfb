// SPDX-License-Identifier: MIT
#include <hubbub/hub/members/roster.hpp>

#include "support/roster_stage.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace roster_test {

using namespace hubbub::detail;
using hubbub::errc;
using hubbub::hub_errc;
using support::fate;
using support::roster_stage;
using support::strings;

namespace {

std::error_code const ok;

/// A day of two connections of one user, as steps that each begin one thing.
std::vector<std::function<void(roster_stage&)>> const day{
    [](auto& s) { s.enter("a", "u"); },  [](auto& s) { s.enter("b", "u"); },
    [](auto& s) { s.add("a", "g"); },    [](auto& s) { s.add("b", "g"); },
    [](auto& s) { s.remove("a", "g"); }, [](auto& s) { s.add("a", "g"); },
    [](auto& s) { s.add("a", "h"); },    [](auto& s) { s.remove("a", "h"); },
    [](auto& s) { s.leave("b"); },       [](auto& s) { s.add("a", "g"); },
};

void spend(roster_stage& s) {
    s.here.be_watched(true);
    for (auto const& step : day) {
        step(s);
        s.run();
        s.let_go();
    }
}

std::size_t steps_of_a_day_without_faults() {
    roster_stage s;
    spend(s);
    for (auto const& [name, results] : s.ended)
        CHECK(s.outcome(name) == ok);
    return s.transport.steps();
}

/// Everybody leaves: then nothing is left.
void check_nothing_left(roster_stage& s) {
    for (auto const* const who : {"a", "b"})
        s.leave(who);
    s.run();
    CHECK(s.here.size() == 0);
    CHECK(s.here.remaining() == 0);
    CHECK(s.here.present() == 0);
    CHECK(s.transport.topics().empty());
    CHECK(s.here.snapshot().present.empty());
}

/// The groups of a connection are those whose topics reach it, and only topics that somebody is in
/// are subscribed. Nobody waits.
void check_groups(roster_stage& s, std::string const& who) {
    auto const groups = s.here.groups_of(s.id(who));
    CHECK(groups.has_value() == s.is_in(who));
    if (!groups)
        return;
    CHECK(s.who.at(who)->groups.size() == groups->size());
    for (std::string const g : {"g", "h"}) {
        auto const members = s.here.members_of(s.topics.group(g));
        bool const named = std::find(groups->begin(), groups->end(), g) != groups->end();
        CHECK(named ==
              (std::find((*members).begin(), (*members).end(), s.who.at(who)) != (*members).end()));
        CHECK(s.transport.has(s.topics.group(g)) == ((*members).begin() != (*members).end()));
    }
}

} // namespace

TEST_CASE(
    "whichever step of a roster fails, what needed it is told, once, and what follows works") {
    auto const all = steps_of_a_day_without_faults();
    REQUIRE(all > 10);
    for (std::size_t n = 1; n <= all; ++n)
        for (auto const f : support::wrong_fates) {
            CAPTURE(n);
            CAPTURE(static_cast<int>(f));
            roster_stage s;
            s.transport.script(n, f);
            s.here.be_watched(true);
            std::size_t failed = 0;
            for (auto const& step : day) {
                step(s);
                s.run();
                s.let_go();
                check_groups(s, "a");
                check_groups(s, "b");
            }
            for (auto const& [name, results] : s.ended)
                failed += s.outcome(name) == support::reset ? 1 : 0;
            CHECK(failed <= 1); // none, if it was to tell a server that watches

            // The same again, by those who were refused.
            for (auto const* const who : {"a", "b"}) {
                s.enter(who, "u");
                s.add(who, "g");
                s.run();
                CHECK(*s.here.groups_of(s.id(who)) == frame_names{"g"});
                CHECK(s.transport.has(s.topics.group("g")));
                CHECK(s.transport.has(s.topics.user("u")));
                CHECK(s.transport.has(s.topics.all()));
            }
            check_nothing_left(s);
        }
}

TEST_CASE("whichever subscription that waits is refused, what waits for it is told, once") {
    auto const begin = [](roster_stage& s) {
        s.transport.usual = fate::waits;
        for (auto const& step : day)
            step(s);
        s.run();
    };
    std::size_t all = 0;
    {
        roster_stage s;
        begin(s);
        all = s.transport.waiting();
    }
    REQUIRE(all >= 4); // all, the user, and two groups
    for (std::size_t n = 0; n <= all; ++n) {
        CAPTURE(n);
        roster_stage s;
        begin(s);
        for (std::size_t i = 0; i < all; ++i) {
            s.transport.answer(i == n ? support::reset : ok);
            s.run();
        }
        s.transport.usual = fate::succeeds;
        s.transport.answer_all();
        s.let_go();
        s.run();
        for (auto const& [name, results] : s.ended)
            static_cast<void>(s.outcome(name)); // each once
        CHECK(s.ended.size() == s.begun);
        check_groups(s, "a");
        check_nothing_left(s);
    }
}

TEST_CASE("at whichever step a roster is closed, what waits ends as closed, and nobody is left") {
    for (std::size_t n = 0; n <= day.size(); ++n)
        for (bool const waits : {false, true}) {
            CAPTURE(n);
            CAPTURE(waits);
            roster_stage s;
            if (waits)
                s.transport.usual = fate::waits;
            for (std::size_t i = 0; i < n; ++i) {
                day[i](s);
                s.run();
            }
            auto const size = s.here.size();
            CHECK(s.here.close().size() == size);
            s.run();
            for (auto const& [name, results] : s.ended) {
                auto const e = s.outcome(name);
                CHECK((e == ok || e == errc::closed || e == hub_errc::unknown_connection));
            }
            CHECK(s.ended.size() == s.begun);
            s.enter("late", "u");
            s.add("a", "g");
            s.run();
            CHECK(s.outcome("enter late") == errc::closed);
            CHECK(s.here.size() == 0);
            auto const steps = s.transport.steps();
            s.transport.answer_all();
            s.run();
            CHECK(s.transport.topics().empty());
            CHECK(s.transport.steps() == steps); // the bus is not touched
        }
}

TEST_CASE("a connection that leaves, or is taken out, while it joins ends its joins") {
    roster_stage s;
    s.enter("a");
    s.run();
    s.transport.usual = fate::waits;
    auto const taken_out = s.add("a", "g");
    s.remove("a", "g");
    s.run();
    CHECK(s.outcome(taken_out) == ok); // as if it had joined before
    auto const ends = s.add("a", "g");
    s.leave("a");
    s.run();
    CHECK(s.outcome(ends) == hub_errc::unknown_connection);
    CHECK(s.transport.waiting() == 1);
    s.transport.answer();
    s.run();
    CHECK(s.transport.topics().empty()); // nobody wants it any more
}

TEST_CASE("who joins again at whichever moment of his first join's refusal is in the group if, and "
          "only if, that succeeds") {
    bool seen[2] = {};
    for (int handled = 0; handled < 6; ++handled) {
        CAPTURE(handled);
        roster_stage s;
        s.enter("a");
        s.run();
        s.transport.usual = fate::waits;
        auto const first = s.add("a", "g");
        s.transport.answer(support::reset);
        s.io.restart();
        for (int i = 0; i < handled; ++i)
            s.io.poll_one();
        auto const second = s.add("a", "g");
        s.run();
        s.transport.answer_all();
        s.run();
        CHECK(s.outcome(first) == support::reset);
        bool const is_in = !s.outcome(second);
        seen[is_in ? 1 : 0] = true;
        CHECK(*s.here.groups_of(s.id("a")) == (is_in ? frame_names{"g"} : frame_names{}));
        CHECK(s.transport.has(s.topics.group("g")) == is_in);
        check_groups(s, "a");
        s.transport.usual = fate::succeeds;
        check_nothing_left(s);
    }
    CHECK(seen[0]);
    CHECK(seen[1]);
}

TEST_CASE("each change of who has been admitted has a number, and is published while somebody "
          "watches") {
    roster_stage s;
    s.admits = false;
    s.enter("a", "u");
    s.add("a", "g");
    s.run();
    CHECK(s.here.changes() == 0); // not admitted yet
    s.here.admit(s.who.at("a"));
    CHECK(s.here.changes() == 1);
    s.run();
    CHECK(s.transport.take_published().empty());

    s.here.be_watched(true);
    s.add("a", "h");
    s.run();
    s.remove("a", "g");
    s.leave("a");
    s.run();
    strings told;
    for (auto const& m : s.transport.take_published()) {
        CHECK(m.topic == s.topics.presence());
        auto const* const u = m.as<presence_update>();
        REQUIRE(u != nullptr);
        CHECK(u->server == "s");
        told.push_back(std::to_string(u->number) + (u->here ? " +" : " -") +
                       u->group.value_or(frame_name()));
    }
    CHECK(told == strings{"2 +h", "3 -g", "4 -"});
    CHECK(s.here.changes() == 4);
    CHECK(s.here.snapshot().number == 4);
}

TEST_CASE("a connection is found by its whole id alone, and names are told of who was admitted") {
    roster_stage s;
    s.enter("a", "u");
    s.run();
    s.admits = false;
    s.enter("b", "v");
    s.run();
    s.add("a", "g");
    s.add("b", "h");
    s.run();
    CHECK(s.here.find(s.id("a")) == s.who.at("a"));
    for (auto const* const other : {"", "s", "s-", "s-01", "s-1 ", "t-1", "s-3", "1", "s-1-1"})
        CHECK(!s.here.find(other));
    CHECK(s.here.names_of(s.topics.user({})) == frame_names{"u"});
    CHECK(s.here.names_of(s.topics.group({})) == frame_names{"g"});
    CHECK(s.here.present() == 1);
    CHECK(s.here.size() == 2);
    s.leave("a");
    CHECK(s.here.remaining() == 1);
    CHECK(!s.here.leave(s.who.at("a")));
    CHECK(s.here.remove_from_group(s.id("a"), "g") == hub_errc::unknown_connection);
}

} // namespace roster_test
