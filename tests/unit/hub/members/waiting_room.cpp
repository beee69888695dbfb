// SPDX-License-Identifier: MIT
#include <hubbub/hub/members/waiting_room.hpp>

#include "support/machine_stage.hpp"

#include <hubbub/error.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace waiting_room_test {

using hubbub::errc;
using hubbub::detail::waiting_room;
using support::make_told;
using support::told_ptr;

namespace {

struct stage : support::machine_stage {
    told_ptr enter(std::string const& name, std::size_t at_most = 100) {
        auto c = make_told();
        c->number = ++last;
        entered = room.enter(c, into(name), at_most);
        return c;
    }

    waiting_room room;
    std::uint64_t last = 0;
    bool entered = false;
};

enum class event { reachable, opened, given_up };

} // namespace

TEST_CASE("in whatever order a client is reachable, the server ready and the client gone, its "
          "completion is handed out once") {
    std::vector<event> order{event::reachable, event::opened, event::given_up};
    do {
        stage s;
        auto const c = s.enter("a");
        REQUIRE(s.entered);
        std::vector<event> handed_out;
        for (auto const e : order) {
            waiting_room::done_type done;
            if (e == event::reachable)
                done = s.room.take_reachable(*c);
            else if (e == event::given_up)
                done = s.room.take(*c);
            else
                for (auto& g : s.room.open({})) {
                    CHECK(g.who == c);
                    done = std::move(g.done);
                }
            if (done)
                handed_out.push_back(e);
        }
        CHECK(handed_out.size() == 1);
        auto const at = [&](event e) { return std::find(order.begin(), order.end(), e); };
        bool const let_in =
            at(event::reachable) < at(event::given_up) && at(event::opened) < at(event::given_up);
        CHECK((handed_out.front() == event::given_up) == !let_in);
        CHECK(s.room.guests().empty());
        CHECK(s.waits("a")); // whoever took it out calls it
    } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("a server that never will be ready refuses all who wait and all who come, once each") {
    for (bool const was_ready : {false, true}) {
        CAPTURE(was_ready);
        stage s;
        if (was_ready)
            CHECK(s.room.open({}).empty());
        auto const reachable = s.enter("a");
        auto const waits = s.enter("b");
        auto done = s.room.take_reachable(*reachable);
        CHECK(static_cast<bool>(done) == was_ready);
        CHECK(s.room.open(errc::closed).empty());
        CHECK(s.room.open({}).empty()); // it stays so
        auto const late = s.enter("c");
        CHECK(!s.entered);
        for (auto const& c : {reachable, waits, late})
            CHECK(!s.room.take(*c));
        s.run();
        CHECK(s.waits("a") == was_ready);
        CHECK(s.outcome("b") == errc::closed);
        CHECK(s.outcome("c") == errc::closed);
    }
}

TEST_CASE("no more wait than may, and one that leaves makes room") {
    stage s;
    auto const a = s.enter("a", 2);
    auto const b = s.enter("b", 2);
    s.enter("c", 2);
    CHECK(!s.entered);
    s.run();
    CHECK(s.outcome("c") == errc::queue_full);
    CHECK(s.room.guests() == hubbub::detail::member_list{a, b});
    CHECK(s.room.take(*a));
    s.enter("d", 2);
    CHECK(s.entered);
}

} // namespace waiting_room_test
