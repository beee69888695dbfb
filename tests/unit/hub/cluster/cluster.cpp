// SPDX-License-Identifier: MIT
#include <hubbub/hub/cluster/cluster.hpp>

#include "support/cluster_stage.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <system_error>
#include <vector>

namespace cluster_test {

using namespace std::chrono_literals;
using namespace hubbub::detail;
using hubbub::errc;
using support::cluster_stage;
using support::fate;
using support::strings;

namespace {

std::error_code const ok;
using reason = beacon_reason;

} // namespace

TEST_CASE("a server greets, and then tells of itself at each interval, until it goes") {
    cluster_stage s;
    s.time.run_for(5s);
    CHECK(s.beacons().empty()); // nobody can reach it yet
    s.others->announce();
    s.time.run_for(3s);
    CHECK(s.beacons() == strings{"new", "here", "here", "here"});
    s.others->close();
    s.others->close();
    s.others->announce();
    s.others->greet();
    s.time.run_for(5s);
    CHECK(s.beacons() == strings{"gone"});
}

TEST_CASE("whichever beacon fails, the next ones follow, and a greeting that failed comes again") {
    for (std::size_t n = 1; n <= 4; ++n)
        for (auto const f : support::wrong_fates) {
            CAPTURE(n);
            CAPTURE(static_cast<int>(f));
            cluster_stage s;
            s.transport.script(n, f);
            s.others->announce();
            s.time.run_for(4s);
            strings expected{"new", "here", "here", "here", "here"};
            if (n == 1)
                expected.insert(expected.begin() + 2, "new");
            if (f == fate::is_refused)
                expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(n - 1));
            CHECK(s.beacons() == expected);
        }
}

TEST_CASE("while there is no room one beacon waits, not a burst of them, and then they go on") {
    cluster_stage s;
    s.transport.script(0, fate::succeeds, errc::queue_full);
    s.transport.usual = fate::is_refused;
    s.others->announce();
    s.time.run_for(10s);
    s.transport.usual = fate::succeeds;
    s.transport.give_room();
    s.run();
    CHECK(s.beacons().size() <= 2);
    s.time.run_for(2s);
    auto const later = s.beacons();
    CHECK(std::count(later.begin(), later.end(), "here") == 2);
    CHECK(std::count(later.begin(), later.end(), "new") <= 1);
}

TEST_CASE(
    "whenever the link falls no beacon goes out, and when it is back the server greets again, "
    "also if that fails first") {
    for (auto const before : {0s, 1s, 3s})
        for (auto const away : {0s, 1s, 7s})
            for (bool const fails : {false, true}) {
                CAPTURE(before.count());
                CAPTURE(away.count());
                CAPTURE(fails);
                cluster_stage s;
                s.others->announce();
                s.time.run_for(before + 500ms);
                s.beacons();
                s.transport.lose_link();
                s.time.run_for(away);
                CHECK(s.beacons().empty());
                if (fails)
                    s.transport.script(s.transport.steps() + 1, fate::fails);
                s.transport.restore_link();
                s.transport.restore_link(); // it has greeted since the link is there
                s.run();
                CHECK(s.beacons() == strings{"new"});
                s.time.run_for(2s);
                CHECK(s.beacons() ==
                      (fails ? strings{"here", "new", "here"} : strings{"here", "here"}));
            }
    cluster_stage s;
    s.transport.lose_link();
    s.transport.restore_link();
    s.run();
    CHECK(s.beacons().empty()); // it was not announced
}

TEST_CASE("a link that has ended for good stops the beacons") {
    cluster_stage s;
    s.others->announce();
    s.transport.close();
    s.time.run_for(10s);
    CHECK(s.beacons() == strings{"new"});
    CHECK(s.io.poll() == 0);
}

TEST_CASE("whoever asks at whichever moment is told once when the servers have met, which is when "
          "as many were heard as the greeting reached") {
    for (std::size_t reached = 1; reached <= 4; ++reached)
        for (std::size_t asks = 0; asks <= reached; ++asks) {
            CAPTURE(reached);
            CAPTURE(asks);
            cluster_stage s;
            s.transport.receivers[s.topics.beacons()] = reached;
            s.others->announce();
            for (std::size_t heard = 0; heard <= reached; ++heard) {
                if (heard == asks)
                    s.others->when_met(s.into("met"));
                s.run();
                CHECK(s.others->met() == (heard == reached));
                CHECK(s.waits("met") == (heard < reached));
                if (heard < reached)
                    s.hear(heard == 0 ? "s" : std::string(1, static_cast<char>('a' + heard)),
                           heard == 0 ? reason::arrived : reason::too);
            }
            CHECK(s.outcome("met") == ok);
            s.hear("z", reason::here);
            s.run();
            CHECK(s.outcome("met") == ok);
        }
}

TEST_CASE("whatever becomes of the greeting, the servers have met after two beacons of its own") {
    for (auto const f : {fate::is_refused, fate::fails, fate::waits, fate::succeeds}) {
        CAPTURE(static_cast<int>(f));
        cluster_stage s;
        s.transport.receivers[s.topics.beacons()] = f == fate::succeeds ? 0 : 9;
        s.transport.script(1, f);
        s.others->when_met(s.into("met"));
        s.others->announce();
        s.run();
        s.hear("s", reason::here);
        s.run();
        CHECK(s.waits("met"));
        s.hear("s", reason::here);
        s.run();
        CHECK(s.outcome("met") == ok);
    }
}

TEST_CASE("who waits for the servers to meet is told if this one goes first") {
    cluster_stage s;
    s.others->when_met(s.into("before"));
    s.others->close();
    s.others->when_met(s.into("after"));
    s.run();
    CHECK(s.outcome("before") == errc::closed);
    CHECK(s.outcome("after") == errc::closed);
}

TEST_CASE("one answer is for all who greet before it is heard, and the next greeting has another") {
    cluster_stage s;
    auto const answers = [&] {
        s.others->answer_greetings();
        s.others->answer_greetings();
        s.run();
        return s.beacons().size();
    };
    CHECK(answers() == 0);
    s.hear("s", reason::arrived); // its own greeting is not answered
    CHECK(answers() == 0);
    s.hear("a", reason::arrived);
    s.hear("b", reason::arrived);
    CHECK(answers() == 1);
    s.hear("c", reason::arrived); // the answer will reach it too
    CHECK(answers() == 0);
    s.hear("s", reason::too);
    CHECK(answers() == 0);
    s.hear("d", reason::arrived);
    CHECK(answers() == 1);
    s.hear("s", reason::here); // a regular one does as well
    s.hear("e", reason::arrived);
    CHECK(answers() == 1);
}

TEST_CASE("an answer to a greeting that is lost is made up for by the next beacon") {
    for (auto const f : support::wrong_fates) {
        cluster_stage s;
        s.others->announce();
        s.run();
        s.transport.script(2, f);
        s.hear("a", reason::arrived);
        s.others->answer_greetings();
        s.run();
        s.beacons();
        s.time.run_for(1s);
        CHECK(s.beacons() == strings{"here"});
        s.hear("s", reason::here);
        s.hear("b", reason::arrived);
        s.others->answer_greetings();
        CHECK(s.beacons() == strings{"too"});
    }
}

TEST_CASE("changes are published while the beacons of some server say that it watches") {
    enum class event { none, says_not, gone, lost, too_late };
    for (auto const e : {event::none, event::says_not, event::gone, event::lost, event::too_late}) {
        CAPTURE(static_cast<int>(e));
        cluster_stage s;
        s.here->open({});
        CHECK(s.published_changes() == 0);
        s.hear("a", reason::here, true);
        CHECK(s.published_changes() == 1);
        s.hear("b", reason::here, true);
        s.hear("b", reason::gone, true);
        CHECK(s.published_changes() == 1);
        switch (e) {
        case event::none: break;
        case event::says_not: s.hear("a", reason::here, false); break;
        case event::gone: s.hear("a", reason::gone, true); break;
        case event::lost:
            for (int i = 0; i < 3; ++i)
                s.hear("s", reason::here);
            break;
        case event::too_late:
            s.hear("a", reason::gone);
            CHECK(s.hear("a", reason::here, true).stale);
            break;
        }
        CHECK(s.published_changes() == (e == event::none ? 1 : 0));
    }
}

TEST_CASE("its beacons say whether it watches, and how many changes there were") {
    cluster_stage s;
    s.here->open({});
    s.others->watch(true);
    s.connect("a");
    s.run();
    s.transport.take_published();
    s.others->announce();
    s.run();
    auto const sent = s.transport.take_published();
    REQUIRE(sent.size() == 1);
    CHECK(sent.front().topic == s.topics.beacons());
    auto const* const b = sent.front().as<server_beacon>();
    REQUIRE(b != nullptr);
    CHECK(b->server == "s");
    CHECK(b->watches);
    CHECK(b->changes == 1);
}

} // namespace cluster_test
