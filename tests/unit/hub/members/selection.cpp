// SPDX-License-Identifier: MIT
#include <hubbub/hub/members/selection.hpp>

#include "support/roster_stage.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <utility>

namespace selection_test {

using namespace hubbub::detail;
using support::roster_stage;

namespace {

struct stage : roster_stage {
    stage() {
        enter("a", "u");
        enter("b", "u");
        enter("c", "v");
        enter("d");
        run();
        for (auto const* const one : {"a", "c"})
            add(one, "g");
        for (auto const* const one : {"c", "d"})
            add(one, "h");
        run();
        for (auto const& [name, c] : who)
            c->allowed = true;
    }

    /// Of those that a call to all reaches, who is meant: "abcd".
    std::string meant(std::optional<recipients> const& to) {
        selection const those(here, topics, to ? &*to : nullptr);
        std::string names;
        those.for_each(*here.members_of(topics.all()), [&](member_ptr const& c) {
            names += std::string(1, static_cast<char>('a' + c->number - 1));
        });
        return names;
    }

    /// A list of names that is longer than those which are looked through one by one.
    static frame_names many(frame_names some) {
        for (int i = 0; i < 20; ++i)
            some.push_back("none " + std::to_string(i));
        return some;
    }
};

} // namespace

TEST_CASE("a call is for all whom its topic reaches, if it does not say otherwise") {
    stage s;
    CHECK(s.meant({}) == "abcd");
    CHECK(s.meant(recipients{}) == "abcd");
}

TEST_CASE(
    "each connection that is named, or in a group or of a user that is, is meant once, in the "
    "order in which they connected") {
    stage s;
    CHECK(s.meant(recipients{.connections = frame_names{s.id("d"), s.id("a"), s.id("d")}}) == "ad");
    CHECK(s.meant(recipients{.groups = frame_names{"h", "g", "h", "none"}}) == "acd");
    CHECK(s.meant(recipients{.users = frame_names{"u", "none", ""}}) == "ab");
    CHECK(s.meant(recipients{.connections = frame_names{s.id("c")},
                             .groups = frame_names{"g"},
                             .users = frame_names{"v"}}) == "ac");
    CHECK(s.meant(recipients{.connections = frame_names{}}).empty());
    CHECK(s.meant(recipients{.connections = frame_names{"s-17", "t-1", ""}}).empty());
}

TEST_CASE("who is excepted is not meant, however many names there are, and though he is named") {
    stage s;
    for (bool const long_list : {false, true}) {
        CAPTURE(long_list);
        auto const list = [&](frame_names some) {
            return long_list ? stage::many(std::move(some)) : some;
        };
        CHECK(s.meant(recipients{.except = list({s.id("b"), s.id("d")})}) == "ac");
        CHECK(s.meant(recipients{.except_groups = list({"g"})}) == "bd");
        CHECK(s.meant(recipients{.except_groups = list({"g", "h"})}) == "b");
        CHECK(s.meant(recipients{.except_users = list({"u"})}) == "cd");
        CHECK(s.meant(recipients{.except_users = list({""})}) == "abcd"); // nobody is of none
        CHECK(s.meant(recipients{.groups = frame_names{"g"}, .except = list({s.id("a")})}) == "c");
        CHECK(s.meant(recipients{.except = list({s.id("a")}),
                                 .except_groups = list({"h"}),
                                 .except_users = list({"none"})}) == "b");
    }
}

TEST_CASE("nobody is meant who was not allowed yet, or has ended, by whatever name") {
    stage s;
    s.who.at("a")->allowed = false;
    s.who.at("c")->connected = false;
    CHECK(s.meant({}) == "bd");
    CHECK(s.meant(recipients{.connections = frame_names{s.id("a"), s.id("b")}}) == "b");
    CHECK(s.meant(recipients{.groups = frame_names{"g"}}).empty());
    CHECK(s.meant(recipients{.users = frame_names{"u"}}) == "b");
}

} // namespace selection_test
