// SPDX-License-Identifier: MIT
#include <hubbub/hub/core/core.hpp>

#include "support/machine_stage.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace core_test {

// One server of a hub: its machines together, and what comes to them over the bus.

using namespace std::chrono_literals;
using namespace hubbub::detail;
using hubbub::errc;
using hubbub::hub_errc;
using support::fate;
using support::strings;

namespace {

std::error_code const ok;
constexpr std::size_t subscriptions = 3; // its control topic, its calls, beacons

struct stage : support::machine_stage {
    explicit stage(hubbub::hub_options const& o = {.name = "hub"}) : options(o) {}
    ~stage() { close(); }

    void open() {
        core = hub_core::open(bus_core, frame_format::objects, options);
        core->set_observer([this](hubbub::hub_event const& e) { events.push_back(text_of(e)); });
    }

    void close() {
        if (!core)
            return;
        core->close();
        core->give_up_early();
        core->set_observer({});
    }

    support::told_ptr connect(std::string const& name, std::string user = {}) {
        auto c = support::make_told(std::move(user));
        core->connect(c, {io.get_executor(), [this, name, c](std::error_code e) {
                              ended[name].push_back(e);
                              if (e)
                                  core->disconnect(c);
                          }});
        return c;
    }

    void beacon(std::string const& server, beacon_reason why) {
        transport.deliver(topics.beacons(), server_beacon{server, why, 0, false});
        run();
    }

    /// Asks all servers, and completes as its name; what came is in `collected`.
    void collect(std::string const& name, std::chrono::milliseconds limit = 5s) {
        core->collect(question(), limit,
                      {io.get_executor(), [this, name](std::error_code, server_answers all) {
                           ended[name].emplace_back();
                           collected = std::move(all);
                       }});
    }

    static server_message question() {
        return {.verb = verb::ask, .question = presence_question::count};
    }

    /// Who has answered what: "t: text".
    strings texts() const {
        strings all;
        for (auto const& [server, given] : collected)
            all.push_back(
                (server == core->id() ? "own" : server) + ": " +
                (given.error ? given.error.message() : std::to_string(given.presence->count)));
        return all;
    }

    /// What was sent to a topic since this was asked last.
    template <class Frame>
    std::vector<Frame> sent_to(std::string const& topic) {
        std::vector<Frame> all;
        for (auto const& m : transport.take_published())
            if (m.topic == topic && m.as<Frame>() != nullptr)
                all.push_back(*m.as<Frame>());
        return all;
    }

    hubbub::hub_options options;
    std::shared_ptr<hub_core> core;
    server_answers collected;
};

} // namespace

TEST_CASE(
    "whichever subscription of a server fails, all who connect are told, and when it has closed "
    "another may be opened") {
    for (std::size_t n = 1; n <= subscriptions; ++n)
        for (auto const f : support::wrong_fates) {
            CAPTURE(n);
            CAPTURE(static_cast<int>(f));
            stage s;
            s.transport.script(n, f);
            s.open();
            s.connect("before");
            s.run();
            s.connect("after");
            s.run();
            CHECK(s.outcome("before") == support::reset);
            CHECK(s.outcome("after") == support::reset);
            CHECK(s.core->connections() == 0);
            CHECK_THROWS_AS(hub_core::open(s.bus_core, frame_format::objects, s.options),
                            std::invalid_argument);
            s.close();
            s.run();
            CHECK(s.transport.topics().empty());
            s.open();
            s.connect("again");
            s.run();
            CHECK(s.outcome("again") == ok);
        }
}

TEST_CASE(
    "at whichever moment a server is closed, what waits ends once, as closed, and nothing stays "
    "subscribed") {
    // A client waits for the server, and a collection for others.
    for (std::size_t answered = 0; answered <= subscriptions + 1; ++answered) {
        CAPTURE(answered);
        stage s;
        s.transport.usual = fate::waits;
        s.open();
        s.connect("a");
        s.collect("collected");
        s.run();
        for (std::size_t i = 0; i < answered; ++i) {
            s.transport.answer();
            s.run();
        }
        bool const let_in = answered == subscriptions + 1;
        CHECK(s.waits("a") != let_in);
        s.close();
        s.run();
        CHECK(s.outcome("a") == (let_in ? ok : make_error_code(errc::closed)));
        CHECK(s.outcome("collected") == ok);
        CHECK(s.texts().size() == 1); // its own part, or why there is none
        s.transport.usual = fate::succeeds;
        s.transport.answer_all();
        s.run();
        CHECK(s.transport.topics().empty());
        CHECK(s.core->connections() == 0);
        s.time.run_for(1min);
        CHECK(s.sent_to<server_beacon>(s.topics.beacons()).size() <= 2); // new, gone
    }
}

TEST_CASE("after close everything is refused, once, and the bus is not touched") {
    stage s;
    s.open();
    s.run();
    s.close();
    s.run();
    auto const steps = s.transport.steps();
    s.connect("connect");
    s.core->drain(1s, {}, s.into("drain"));
    s.core->add_to_group("t-1", "g", s.into("add"));
    s.core->remove_from_group(s.core->id() + "-1", "g", s.into("remove"));
    s.core->groups_of("t-1", {s.io.get_executor(), [&](std::error_code e, name_list) {
                                  s.ended["groups"].push_back(e);
                              }});
    s.core->ask_client("t-1", shared_call("m", packed()), 1s, s.answer_into("ask"));
    s.core->invoke(support::make_told(), shared_call("m", packed()), {}, s.answer_into("invoke"));
    CHECK(s.core->send({{s.topics.all(), {}}}, "m", {}) == errc::closed);
    CHECK(s.core->end({{s.topics.all(), {}}}, "bye") == errc::closed);
    CHECK(s.core->tell_servers(shared_call("m", packed())) == errc::closed);
    s.core->on_presence([](auto const&) {});
    s.collect("collect");
    s.run();
    for (auto const* const name : {"connect", "drain", "add", "remove", "groups", "ask", "invoke"})
        CHECK(s.outcome(name) == errc::closed);
    CHECK(s.outcome("collect") == ok);
    CHECK(s.transport.steps() == steps);
}

TEST_CASE(
    "a call is sent to each of its addresses, whichever fails, and the first error is returned") {
    for (auto const order :
         {hubbub::delivery_order::via_backplane, hubbub::delivery_order::local_first})
        for (std::size_t n = 0; n <= 3; ++n) {
            CAPTURE(static_cast<int>(order));
            CAPTURE(n);
            stage s({.name = "hub", .order = order});
            s.open();
            auto const a = s.connect("a", "u");
            s.run();
            s.transport.take_published();
            if (n != 0)
                s.transport.script(s.transport.steps() + n, fate::is_refused);
            auto const refused = s.core->send(
                {{s.topics.user("v"), {}},
                 {s.topics.user("u"), {}},
                 {s.topics.server(s.core->id()), recipients{.connections = frame_names{a->id}}},
                 {s.topics.group("g"), {}}},
                "m", {});
            s.run();
            CHECK(refused == (n == 0 ? ok : support::reset));
            auto const sent = s.transport.take_published();
            CHECK(sent.size() == (n == 0 ? 3 : 2));
            bool const local = order == hubbub::delivery_order::local_first;
            for (auto const& m : sent) // its own server does not tell it again
                CHECK(m.as<client_call>()->told_at.has_value() == local);
            CHECK(a->told == (local ? strings{"m", "m"} : strings{"m"}));
        }
}

TEST_CASE("that servers come and go is told once, and what was asked of one that went has failed") {
    stage s;
    s.open();
    s.run();
    s.beacon("t", beacon_reason::arrived);
    s.beacon("t", beacon_reason::here);
    CHECK(s.take_events() == strings{"joined t"});
    s.core->add_to_group("t-1", "g", s.into("add"));
    s.run();
    s.beacon("t", beacon_reason::gone);
    s.beacon("t", beacon_reason::here); // was overtaken
    CHECK(s.take_events() == strings{"left t"});
    CHECK(s.outcome("add") == hub_errc::server_lost);
    auto const beacons = s.sent_to<server_beacon>(s.topics.beacons());
    REQUIRE(beacons.size() == 2); // it greeted, and answered
    CHECK(beacons.back().state == beacon_reason::too);
}

TEST_CASE("all servers are asked, whatever becomes of each, and each is in the answer once") {
    enum class part { answers, fails, not_sent, goes, is_late };
    constexpr part parts[] = {part::answers, part::fails, part::not_sent, part::goes,
                              part::is_late};
    for (auto const of_t : parts)
        for (auto const of_u : parts) {
            CAPTURE(static_cast<int>(of_t));
            CAPTURE(static_cast<int>(of_u));
            stage s;
            s.transport.receivers[s.topics.beacons()] = 9; // more than will be heard
            s.open();
            s.run();
            s.beacon("t", beacon_reason::here);
            auto const begin = [&](std::string const& server, part p) {
                if (p == part::not_sent)
                    s.transport.script(s.transport.steps() + 1, fate::fails);
                if (server == "t")
                    s.collect("all");
                else
                    s.beacon("u", beacon_reason::here); // which is met later
                s.run();
                if (server == "u") {
                    s.beacon(s.core->id(), beacon_reason::here);
                    s.beacon(s.core->id(), beacon_reason::here); // they have met
                }
            };
            auto const end = [&](std::string const& server, part p) {
                auto const sent = s.sent_to<server_message>(s.topics.control(server));
                REQUIRE(sent.size() == 1);
                if (p == part::answers || p == part::fails)
                    s.transport.deliver(
                        s.topics.control(s.core->id()),
                        frame_of(sent.front().request,
                                 p == part::fails
                                     ? answer{.error = hub_errc::refused}
                                     : answer{.presence = std::make_shared<presence_answer const>(
                                                  presence_answer{.count = 7})}));
                else if (p == part::goes)
                    s.beacon(server, beacon_reason::gone);
                s.run();
            };
            begin("t", of_t);
            end("t", of_t);
            CHECK(s.waits("all"));
            begin("u", of_u);
            end("u", of_u);
            bool const late = of_t == part::is_late || of_u == part::is_late;
            CHECK(s.waits("all") == late);
            s.time.run_for(10s);
            CHECK(s.outcome("all") == ok);
            auto const expected = [](part p) {
                switch (p) {
                case part::answers: return std::string("7");
                case part::fails: return make_error_code(hub_errc::refused).message();
                case part::not_sent: return support::reset.message();
                case part::goes: return make_error_code(hub_errc::server_lost).message();
                case part::is_late: break;
                }
                return make_error_code(errc::timed_out).message();
            };
            auto texts = s.texts();
            std::sort(texts.begin(), texts.end());
            strings all{"own: 0", "t: " + expected(of_t), "u: " + expected(of_u)};
            CHECK(texts == all);
        }
}

TEST_CASE(
    "if the servers have not met in time, those that are known have answered, and that is said") {
    stage s;
    s.transport.receivers[s.topics.beacons()] = 5;
    s.open();
    s.run();
    s.collect("all");
    s.time.run_for(5s);
    CHECK(s.outcome("all") == ok);
    CHECK(s.texts() == strings{": " + make_error_code(errc::timed_out).message(), "own: 0"});
}

TEST_CASE("an option that cannot work is refused before anything is begun") {
    stage s({.name = "a/b"});
    CHECK_THROWS_AS(s.open(), std::invalid_argument);
    CHECK(s.transport.steps() == 0);
}

} // namespace core_test
