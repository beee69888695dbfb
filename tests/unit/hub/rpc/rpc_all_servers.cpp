// SPDX-License-Identifier: MIT
#include <hubbub/hub/rpc/calls_before_meeting.hpp>
#include <hubbub/hub/rpc/rpc.hpp>

#include "support/rpc_stage.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace rpc_all_servers_test {

// What is called at all servers: this one, "t" and "u".

using namespace std::chrono_literals;
using namespace hubbub::detail;
using hubbub::errc;
using support::fate;
using support::rpc_stage;
using support::strings;

namespace {

std::error_code const ok;
using reason = beacon_reason;

/// A method that remembers with which arguments it was called.
struct told_method final : method {
    void call(method_call c) override {
        told.push_back(c.what.arguments().bytes);
        c.done->take({});
    }
    strings told;
};

struct stage : rpc_stage {
    explicit stage(hubbub::hub_options const& options = {}) : rpc_stage(options) {
        asked->methods.by_name.on("tell", own);
    }

    std::error_code tell(std::string const& text) {
        auto const refused = asked->tell_servers(shared_call("tell", packed(text)));
        run();
        return refused;
    }

    /// The servers are heard, and so have met.
    void meet() {
        hear("t", reason::here);
        hear("u", reason::here);
        beat(2);
    }

    /// What was sent to the others since this was asked last: "t1 u1".
    std::string sent() {
        std::string all;
        for (auto const& m : transport.take_published())
            if (auto const* const what = m.as<server_message>()) {
                CHECK(what->verb == verb::invoke);
                CHECK(!what->reply_to);
                all += (all.empty() ? "" : " ") + m.topic.substr(topics.control("").size()) +
                       what->arguments->bytes;
            }
        return all;
    }

    std::shared_ptr<told_method> own = std::make_shared<told_method>();
};

std::string failed(std::error_code e) {
    return "call_failed tell: " + e.message();
}

} // namespace

TEST_CASE("once the servers have met each is told at once, and the first refusal is returned after "
          "all were tried") {
    for (std::size_t n = 0; n <= 2; ++n) {
        CAPTURE(n);
        stage s;
        s.meet();
        if (n != 0)
            s.transport.script(s.transport.steps() + n, fate::is_refused);
        CHECK(s.tell("1") == (n == 0 ? ok : support::reset));
        CHECK(s.sent() == (n == 0 ? "t1 u1" : n == 1 ? "u1" : "t1"));
        CHECK(s.own->told == strings{"1"});
        CHECK(s.tell("2") == ok);
        CHECK(s.sent() == "t2 u2");
        CHECK(s.take_events().empty());
    }
}

TEST_CASE("before they have met this one alone is told, and the others when they have, in order") {
    stage s;
    for (auto const* const text : {"1", "2", "3"})
        CHECK(s.tell(text) == ok);
    CHECK(s.own->told == strings{"1", "2", "3"});
    CHECK(s.sent().empty());
    s.meet();
    CHECK(s.sent() == "t1 u1 t2 u2 t3 u3");
    CHECK(s.take_events().empty());
    CHECK(s.tell("4") == ok);
    CHECK(s.sent() == "t4 u4");
}

TEST_CASE("whichever server cannot be told of what has waited, that is told, for this call alone") {
    for (std::size_t n = 1; n <= 4; ++n) {
        CAPTURE(n);
        stage s;
        CHECK(s.tell("1") == ok);
        CHECK(s.tell("2") == ok);
        s.transport.script(s.transport.steps() + n, fate::is_refused);
        s.meet();
        CHECK(s.take_events() == strings{failed(support::reset)});
        CHECK(s.sent() == (n == 1   ? "u1 t2 u2"
                           : n == 2 ? "t1 t2 u2"
                           : n == 3 ? "t1 u1 u2"
                                    : "t1 u1 t2"));
    }
}

TEST_CASE("if they do not meet in time those that are known are told, and the owner that not all "
          "were") {
    stage s;
    s.hear("t", reason::here);
    CHECK(s.tell("1") == ok);
    CHECK(s.tell("2") == ok);
    s.time.run_for(10s);
    CHECK(s.sent() == "t1 t2");
    CHECK(s.take_events() == strings{failed(errc::timed_out), failed(errc::timed_out)});
    CHECK(s.tell("3") == ok); // it waits anew
    CHECK(s.sent().empty());
    s.meet();
    CHECK(s.sent() == "t3 u3");
    CHECK(s.take_events().empty());
}

TEST_CASE("so many calls wait, and those beyond are refused and told to nobody") {
    stage s({.max_waiting_calls = 2});
    CHECK(s.tell("1") == ok);
    CHECK(s.tell("2") == ok);
    CHECK(s.tell("3") == errc::queue_full);
    CHECK(s.own->told == strings{"1", "2"});
    s.meet();
    CHECK(s.sent() == "t1 u1 t2 u2");
}

TEST_CASE("wherever the hub ends, each call that has waited is given up, and told once") {
    for (int begun = 0; begun <= 3; ++begun) {
        CAPTURE(begun);
        stage s;
        for (int i = 0; i < begun; ++i)
            CHECK(s.tell(std::to_string(i)) == ok);
        s.close();
        s.asked->give_up_early();
        s.run();
        CHECK(s.take_events() == strings(static_cast<std::size_t>(begun), failed(errc::closed)));
        CHECK(s.tell("late") == errc::closed);
        s.meet();
        CHECK(s.sent().empty());
        CHECK(s.take_events().empty());
    }
}

TEST_CASE("a call that was made and not carried out when the hub ends is told") {
    stage s;
    s.meet();
    CHECK(!s.asked->tell_servers(shared_call("tell", packed("1")))); // not run yet
    s.close();
    s.asked->give_up_early();
    s.run();
    CHECK(s.own->told.empty());
    CHECK(s.take_events() == strings{failed(errc::closed)});
}

TEST_CASE("calls that come while those that waited are told wait behind them") {
    calls_before_meeting early(3);
    auto const call = [](std::string text) { return shared_call(std::move(text), packed()); };
    bool first = false;
    CHECK(!early.add(call("1"), first));
    CHECK(first);
    CHECK(!early.add(call("2"), first));
    CHECK(!first);
    CHECK(early.take()->method() == "1");
    CHECK(!early.add(call("3"), first));
    CHECK(!early.add(call("4"), first));
    CHECK(!first);
    CHECK(early.add(call("5"), first) == errc::queue_full);
    CHECK(early.go_on());
    CHECK(early.busy());
    for (auto const* const text : {"2", "3", "4"})
        CHECK(early.take()->method() == text);
    CHECK(!early.take());
    CHECK(early.busy()); // until that is known
    CHECK(!early.go_on());
    CHECK(!early.busy());
    CHECK(!early.add(call("6"), first));
    CHECK(first);
}

} // namespace rpc_all_servers_test
