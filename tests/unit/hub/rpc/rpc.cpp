// SPDX-License-Identifier: MIT
#include <hubbub/hub/rpc/rpc.hpp>

#include "support/rpc_stage.hpp"

#include <asio/error.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <system_error>
#include <vector>

namespace rpc_test {

// What this server asks of the server "t".

using namespace std::chrono_literals;
using namespace hubbub::detail;
using hubbub::errc;
using hubbub::hub_errc;
using support::fate;
using support::rpc_stage;
using support::strings;

namespace {

std::error_code const ok;
using reason = beacon_reason;
constexpr auto limit = 10s;

/// What one may ask. It completes as "asked"; the number is 0 where none is given to cancel it.
struct question {
    char const* name;
    hubbub::detail::verb verb;
    std::function<std::uint64_t(rpc_stage&)> ask;
};

std::vector<question> const questions{
    {"joins", verb::add,
     [](rpc_stage& s) -> std::uint64_t {
         s.asked->change_group(verb::add, "t-1", "g", s.into("asked"));
         return 0;
     }},
    {"leaves", verb::remove,
     [](rpc_stage& s) -> std::uint64_t {
         s.asked->change_group(verb::remove, "t-1", "g", s.into("asked"));
         return 0;
     }},
    {"groups", verb::ask,
     [](rpc_stage& s) -> std::uint64_t {
         s.asked->groups_of("t-1", {s.io.get_executor(), [&s](std::error_code e, name_list) {
                                        s.ended["asked"].push_back(e);
                                    }});
         return 0;
     }},
    {"calls a client", verb::call,
     [](rpc_stage& s) {
         return s.asked->ask_client("t-1", shared_call("m", packed("[1]")), limit,
                                    s.answer_into("asked"));
     }},
    {"calls a server", verb::invoke,
     [](rpc_stage& s) -> std::uint64_t {
         s.asked->ask_server("t", to_invoke(shared_call("m", packed("[1]"))), limit,
                             s.answer_into("asked"));
         return 0;
     }},
};

/// How far a question has come.
enum class moment { not_published, published, unheard, asked_again };
constexpr moment moments[] = {moment::not_published, moment::published, moment::unheard,
                              moment::asked_again};

/// Asks, and goes so far; the number to answer to.
std::uint64_t ask(rpc_stage& s, question const& q, moment how_far) {
    s.hear("t", reason::here);
    auto& heard_by = s.transport.receivers[s.topics.control("t")];
    heard_by = how_far == moment::not_published || how_far == moment::published ? 1 : 0;
    if (how_far == moment::not_published)
        s.transport.usual = fate::waits;
    q.ask(s);
    s.run();
    auto sent = s.sent_to("t");
    REQUIRE(sent.size() == 1);
    if (how_far == moment::asked_again) {
        heard_by = 1;
        s.hear("t", reason::here);
        auto const again = s.sent_to("t");
        REQUIRE(again.size() == 1);
        CHECK(again.front().request == sent.front().request);
        s.hear("t", reason::here);
        CHECK(s.sent_to("t").empty()); // it was heard
    }
    CHECK(sent.front().verb == q.verb);
    CHECK(sent.front().reply_to == "s");
    CHECK(s.waits("asked"));
    heard_by = 1;
    return sent.front().request;
}

/// How a question may end.
struct ending {
    char const* name;
    std::function<void(rpc_stage&, std::uint64_t)> act;
    std::error_code expected;
};

std::vector<ending> const endings{
    {"answered", [](auto& s, auto number) { s.answer(number, {}); }, ok},
    {"refused", [](auto& s, auto number) { s.answer(number, {.error = hub_errc::refused}); },
     hub_errc::refused},
    {"it goes", [](auto& s, auto /*number*/) { s.hear("t", reason::gone); }, hub_errc::server_lost},
    {"it is silent", [](auto& s, auto /*number*/) { s.beat(4); }, hub_errc::server_lost},
    {"too late", [](auto& s, auto /*number*/) { s.time.run_for(limit); }, errc::timed_out},
    {"cancelled", [](auto& s, auto number) { s.asked->cancel(number); },
     asio::error::operation_aborted},
    {"closed", [](auto& s, auto /*number*/) { s.close(); }, errc::closed},
};

} // namespace

TEST_CASE("however far a question has come and however it ends, it completes once with that, and "
          "what comes later is for nobody") {
    for (auto const& q : questions)
        for (auto const how_far : moments)
            for (auto const& e : endings)
                for (auto const& later : endings) {
                    CAPTURE(q.name);
                    CAPTURE(static_cast<int>(how_far));
                    CAPTURE(e.name);
                    CAPTURE(later.name);
                    rpc_stage s;
                    auto const number = ask(s, q, how_far);
                    e.act(s, number);
                    s.run();
                    REQUIRE(s.outcome("asked") == e.expected);
                    later.act(s, number);
                    s.transport.answer_all(support::reset); // that it was published, or not
                    s.time.run_for(limit);
                    REQUIRE(s.outcome("asked") == e.expected);
                    s.hear("t", reason::here);
                    REQUIRE(s.sent_to("t").empty()); // nor is it asked again
                }
}

TEST_CASE(
    "a question that cannot be published, or reaches nobody who lives, fails at once, and the "
    "next one works") {
    for (auto const& q : questions)
        for (bool const again : {false, true})
            for (auto const f : {fate::is_refused, fate::fails, fate::succeeds}) {
                CAPTURE(q.name);
                CAPTURE(again);
                CAPTURE(static_cast<int>(f));
                rpc_stage s;
                auto& heard_by = s.transport.receivers[s.topics.control("t")];
                heard_by = 0;
                if (again) { // it fails when it is asked again
                    s.hear("t", reason::here);
                    q.ask(s);
                    s.run();
                    CHECK(s.waits("asked"));
                    s.transport.script(s.transport.steps() + 1, f);
                    s.hear("t", reason::here);
                    if (f == fate::succeeds) {
                        CHECK(s.waits("asked")); // unheard anew
                        continue;
                    }
                } else {
                    s.transport.script(s.transport.steps() + 1, f);
                    q.ask(s);
                }
                s.run();
                CHECK(s.outcome("asked") == (f == fate::succeeds
                                                 ? make_error_code(hub_errc::unknown_server)
                                                 : support::reset));
                s.ended.clear();
                s.sent_to("t");
                s.answer(ask(s, q, moment::published), {});
                CHECK(s.outcome("asked") == ok);
            }
}

TEST_CASE("a server that has said that it goes is asked nothing") {
    for (auto const& q : questions) {
        CAPTURE(q.name);
        rpc_stage s;
        s.hear("t", reason::gone);
        q.ask(s);
        s.run();
        CHECK(s.outcome("asked") == hub_errc::unknown_server);
        CHECK(s.sent_to("t").empty());
    }
}

TEST_CASE("after close all is refused, and nothing is sent") {
    for (auto const& q : questions) {
        CAPTURE(q.name);
        rpc_stage s;
        s.close();
        s.transport.take_published();
        q.ask(s);
        s.run();
        CHECK(s.outcome("asked") == errc::closed);
        CHECK(s.transport.take_published().empty());
    }
}

TEST_CASE("each question has a deadline of its own, in whatever order they are asked") {
    std::vector<int> seconds{1, 2, 3};
    do {
        rpc_stage s;
        for (int const n : seconds)
            s.asked->ask_server("t", to_ask(presence_question::count, {}), std::chrono::seconds(n),
                                s.answer_into(std::to_string(n)));
        for (int now = 1; now <= 3; ++now) {
            s.time.run_for(1s - 1ms);
            CHECK(s.waits(std::to_string(now)));
            s.time.run_for(1ms);
            CHECK(s.outcome(std::to_string(now)) == errc::timed_out);
        }
    } while (std::next_permutation(seconds.begin(), seconds.end()));
}

TEST_CASE("what is asked of this server itself is carried out here, without the bus") {
    rpc_stage s;
    auto const a = s.connect("a");
    s.run();
    s.transport.take_published();
    s.asked->change_group(verb::add, a->id, "g", s.into("joins"));
    s.run();
    CHECK(s.outcome("joins") == ok);
    frame_names named;
    s.asked->groups_of(a->id, {s.io.get_executor(), [&](std::error_code e, name_list names) {
                                   s.ended["groups"].push_back(e);
                                   named.assign(names.begin(), names.end());
                               }});
    s.asked->ask_client(a->id, shared_call("m", packed()), limit, s.answer_into("answers"));
    s.asked->ask_server("s", to_ask(presence_question::count, {}), limit, s.answer_into("count"));
    s.run();
    CHECK(s.outcome("groups") == ok);
    CHECK(named == frame_names{"g"});
    CHECK(s.answers["count"].presence->count == 1);
    CHECK(s.waits("answers"));
    a->asked.front()->take({});
    s.run();
    CHECK(s.outcome("answers") == ok);

    s.asked->change_group(verb::remove, a->id, "g", s.into("leaves"));
    s.asked->change_group(verb::remove, "s-9", "g", s.into("no one leaves"));
    s.asked->ask_client("s-9", shared_call("m", packed()), limit, s.answer_into("no one"));
    auto const number =
        s.asked->ask_client(a->id, shared_call("m", packed()), limit, s.answer_into("cancelled"));
    s.asked->cancel(number);
    s.asked->ask_client(a->id, shared_call("m", packed()), limit, s.answer_into("late"));
    s.time.run_for(limit);
    CHECK(s.outcome("leaves") == ok);
    CHECK(s.outcome("no one leaves") == hub_errc::unknown_connection);
    CHECK(s.outcome("no one") == hub_errc::unknown_connection);
    CHECK(s.outcome("cancelled") == asio::error::operation_aborted);
    CHECK(s.outcome("late") == errc::timed_out);
    CHECK(s.transport.take_published().empty());
}

TEST_CASE("who waits for the servers to meet is told once, also if they do not in time") {
    for (auto const e : {ok, make_error_code(errc::timed_out), make_error_code(errc::closed)}) {
        rpc_stage s;
        s.asked->when_met(limit, s.answer_into("met"));
        s.run();
        CHECK(s.waits("met"));
        if (e == errc::timed_out)
            s.time.run_for(limit);
        else if (e == errc::closed)
            s.close();
        s.run();
        s.beat(2);
        s.time.run_for(limit);
        CHECK(s.outcome("met") == e);
    }
}

} // namespace rpc_test
