// SPDX-License-Identifier: MIT
#include <hubbub/hub/presence/presence_feed.hpp>

#include "support/rpc_stage.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace presence_feed_test {

using namespace std::chrono_literals;
using namespace hubbub::detail;
using hubbub::errc;
using hubbub::presence_change;
using support::fate;
using support::rpc_stage;
using support::strings;

namespace {

using reason = beacon_reason;

/// The server "s", which watches, and "t", whose connections come and go.
struct stage : rpc_stage {
    ~stage() { feed->tell({}); }

    void watch() {
        feed->tell([this](presence_change const& c) {
            told.push_back((c.joined ? "+" : "-") + c.name);
            if (c.of == presence_change::kind::connection) {
                // Nobody comes twice, nor goes who is not there.
                CHECK((c.joined ? seen.insert(c.name).second : seen.erase(c.name) == 1));
            }
            if (on_told)
                on_told(c);
        });
        run();
    }

    /// One of t's connections comes or goes; what it publishes may be lost.
    void change(std::string const& who, bool joins, bool is_lost = false) {
        if (joins)
            present.insert(who);
        else
            present.erase(who);
        ++number;
        if (!is_lost)
            transport.deliver(topics.presence(),
                              presence_update{"t", number, {who, {}, {}}, joins, {}});
        run();
    }

    /// A beacon of t comes, and if t is asked for a snapshot then it answers.
    void beacon(bool is_answered = true) {
        server_beacon const b{"t", reason::here, number, false};
        auto const changed = others->heard(b);
        asked->on_heard("t", changed);
        feed->heard(b);
        asked->ask_again("t");
        run();
        for (auto const& m : sent_to("t")) {
            ++snapshots;
            CHECK(m.question == presence_question::snapshot);
            if (is_answered)
                answer(m.request, snapshot());
        }
    }

    hubbub::detail::answer snapshot() const {
        presence_snapshot all{.number = number, .present = {}};
        for (auto const& who : present)
            all.present.push_back({who, {}, {}});
        return {.presence =
                    std::make_shared<presence_answer const>(presence_answer{.snapshot = all})};
    }

    void lose() {
        present.clear();
        auto const changed = others->heard({"t", reason::gone, 0, false});
        asked->on_heard("t", changed);
        feed->lost("t");
        run();
    }

    strings take_told() { return std::exchange(told, {}); }

    std::shared_ptr<presence_feed> feed =
        std::make_shared<presence_feed>(bus, topics, hubbub::hub_options{}, others, asked, hooks);
    /// Who is at t, and who the observer was told is.
    std::set<std::string> present;
    std::set<std::string> seen;
    std::uint64_t number = 0;
    int snapshots = 0;
    strings told;
    std::function<void(presence_change const&)> on_told;
};

/// A day of t: begins before s watches.
std::vector<std::function<void(stage&)>> const day{
    [](stage& s) { s.change("a", true); },  [](stage& s) { s.watch(); },
    [](stage& s) { s.beacon(); },           [](stage& s) { s.change("b", true); },
    [](stage& s) { s.change("a", false); }, [](stage& s) { s.change("c", true); },
    [](stage& s) { s.beacon(); },           [](stage& s) { s.change("b", false); },
    [](stage& s) { s.change("a", true); },  [](stage& s) { s.beacon(); },
};

} // namespace

TEST_CASE("who watches is told of those who are there, and then of each change once") {
    stage s;
    for (auto const& step : day)
        step(s);
    CHECK(s.take_told() == strings{"+a", "+b", "-a", "+c", "-b", "+a"});
    CHECK(s.snapshots == 1);
    s.lose();
    CHECK(s.take_told() == strings{"-a", "-c"});
    CHECK(s.take_events().empty());
}

TEST_CASE("whichever step of watching fails, that is told, or what is told is right after the next "
          "beacon") {
    std::size_t all = 0;
    {
        stage s;
        for (auto const& step : day)
            step(s);
        all = s.transport.steps();
    }
    REQUIRE(all >= 3); // the subscription, the greeting, the question
    for (std::size_t n = 1; n <= all; ++n)
        for (auto const f : support::wrong_fates) {
            CAPTURE(n);
            CAPTURE(static_cast<int>(f));
            stage s;
            s.transport.script(n, f);
            for (auto const& step : day)
                step(s);
            auto const events = s.take_events();
            if (n == 1) {
                CHECK(events == strings{"watch_failed " + support::reset.message()});
                CHECK(s.told.empty());
                CHECK(s.transport.topics().empty());
                s.watch();
            } else {
                CHECK(events.empty());
            }
            s.beacon();
            s.beacon();
            CHECK(s.seen == s.present);
            s.change("d", true);
            CHECK(s.seen == s.present);
        }
}

TEST_CASE(
    "whichever change is lost, and whatever becomes of the snapshots, what is told is right in "
    "the end") {
    for (unsigned lost = 0; lost < 16; ++lost)
        for (unsigned unanswered = 0; unanswered < 4; ++unanswered) {
            CAPTURE(lost);
            CAPTURE(unanswered);
            stage s;
            s.watch();
            s.beacon();
            s.change("a", true, (lost & 1) != 0);
            s.change("b", true, (lost & 2) != 0);
            s.beacon((unanswered & 1) == 0);
            s.change("a", false, (lost & 4) != 0);
            s.change("c", true, (lost & 8) != 0);
            s.beacon((unanswered & 2) == 0);
            s.time.run_for(10s); // who was not answered is told
            s.beacon();
            CHECK(s.seen == s.present);
            CHECK(s.take_events().empty());
        }
}

TEST_CASE(
    "an observer that is taken back or replaced at whichever moment is told nothing later, and "
    "the new one is told all") {
    for (std::size_t moment = 0; moment < day.size(); ++moment)
        for (bool const replaced : {false, true}) {
            CAPTURE(moment);
            CAPTURE(replaced);
            stage s;
            for (std::size_t i = 0; i < day.size(); ++i) {
                if (i == moment) {
                    s.told.clear();
                    s.seen.clear();
                    if (replaced)
                        s.watch();
                    else
                        s.feed->tell({});
                }
                if (i != 1 || moment > 1) // it would begin anew
                    day[i](s);
            }
            s.beacon();
            CHECK(s.seen == (replaced ? s.present : std::set<std::string>()));
            CHECK(s.told.empty() == !replaced);
        }
}

TEST_CASE("an observer that is replaced before its subscription is active leaves none behind") {
    for (auto const outcome : {std::error_code(), support::reset})
        for (bool const replaced : {false, true}) {
            stage s;
            s.transport.usual = fate::waits;
            s.watch();
            s.feed->tell({});
            if (replaced)
                s.watch();
            s.transport.answer(outcome); // of the first
            s.run();
            s.transport.usual = fate::succeeds;
            s.transport.answer_all();
            s.run();
            CHECK(s.take_events().empty());
            CHECK(s.transport.topics() == (replaced ? strings{s.topics.presence()} : strings{}));
            s.change("a", true);
            s.beacon();
            CHECK(s.take_told() == (replaced ? strings{"+a"} : strings{}));
        }
}

TEST_CASE("what an observer throws is told to the owner, and it is told of all that follows") {
    stage s;
    s.on_told = [](presence_change const& c) {
        if (c.name == "b")
            throw std::runtime_error("no");
    };
    for (auto const& step : day)
        step(s);
    CHECK(s.take_told() == strings{"+a", "+b", "-a", "+c", "-b", "+a"});
    CHECK(s.take_events() == strings{"hook_failed observer", "hook_failed observer"});
}

TEST_CASE(
    "changes that come while one is told are told after it, and one that ends the watching is "
    "the last") {
    stage s;
    s.watch();
    s.beacon();
    s.on_told = [&](presence_change const& c) {
        if (c.name == "a" && c.joined) {
            for (auto const* const who : {"b", "c"})
                s.change(who, true);
            CHECK(s.told == strings{"+a"});
        }
        if (c.name == "b")
            s.feed->tell({});
    };
    s.change("a", true);
    s.change("d", true);
    CHECK(s.take_told() == strings{"+a", "+b"});
    CHECK(s.take_events().empty());
    s.on_told = {};
    s.seen.clear();
    s.watch();
    s.beacon();
    CHECK(s.seen == s.present);
}

TEST_CASE(
    "the beacons of a server say that it watches while the observer's subscription is active") {
    stage s;
    s.others->announce();
    auto const watches = [&] {
        static_cast<void>(s.transport.take_published());
        s.time.run_for(1s);
        auto const sent = s.transport.take_published();
        return sent.back().as<server_beacon>()->watches;
    };
    CHECK(!watches());
    s.transport.usual = fate::waits;
    s.feed->tell([](auto const&) {});
    s.transport.usual = fate::succeeds;
    CHECK(!watches());
    s.transport.answer();
    s.run();
    auto const greeting = s.transport.take_published();
    CHECK(greeting.back().as<server_beacon>()->state == reason::arrived); // who is there says so
    CHECK(watches());
    s.feed->tell({});
    CHECK(!watches());
}

} // namespace presence_feed_test
