// SPDX-License-Identifier: MIT
#include <hubbub/hub/members/members.hpp>

#include "support/members_stage.hpp"

#include <asio/error.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace members_faults_test {

// What becomes of a client that connects if a step of it fails, or if it is ended at any moment.

using namespace std::chrono_literals;
using namespace hubbub::detail;
using hubbub::errc;
using hubbub::hub_errc;
using support::fate;
using support::members_stage;
using support::told_ptr;

namespace {

std::error_code const ok;

/// Why a client may end.
struct ending {
    char const* name;
    std::function<void(members_stage&, told_ptr const&)> act;
    /// With what it completes if it was not let in yet.
    std::error_code refused;
    /// Whether clients may connect later.
    bool others_may = true;
};

std::vector<ending> const endings{
    {"it leaves", [](auto& s, auto const& c) { s.here->disconnect(c, {}); },
     hub_errc::connection_ended},
    {"it is ended",
     [](auto& s, auto const& c) { s.here->disconnect(c, {errc::disconnected, "go"}); },
     hub_errc::connection_ended},
    {"it is given up", [](auto& s, auto const& c) { s.here->give_up(c); },
     asio::error::operation_aborted},
    {"all are ended", [](auto& s, auto const& /*c*/) { s.here->disconnect_all("bye"); },
     hub_errc::shutting_down, false},
    {"all are asked to leave",
     [](auto& s, auto const& /*c*/) { s.here->drain(10s, "bye", s.into("drained")); },
     hub_errc::shutting_down, false},
    {"the server closes", [](auto& s, auto const& /*c*/) { s.here->close(); }, errc::closed, false},
};

/// What lets a client in, in an order that the test says.
enum class step { all_subscribed, user_subscribed, server_ready };
using steps = std::vector<step>;

std::vector<steps> const orders{
    {step::all_subscribed, step::user_subscribed, step::server_ready},
    {step::all_subscribed, step::server_ready, step::user_subscribed},
    {step::server_ready, step::all_subscribed, step::user_subscribed},
};

void take(members_stage& s, step what) {
    if (what == step::server_ready)
        s.here->open({});
    else
        s.transport.answer();
    s.run();
}

/// Whoever was told that a client came is told that it went, unless it is the server that ends.
void check_nothing_left(members_stage& s, bool closed) {
    CHECK(s.here->roster().size() == 0);
    CHECK(s.here->roster().present() == 0);
    CHECK(s.here->roster().remaining() == 0);
    CHECK(s.transport.topics().empty());
    CHECK(s.disconnected == (closed ? support::strings{} : s.connected));
}

} // namespace

TEST_CASE("at whichever moment a client is ended while it connects, it completes once with why, "
          "nobody is left, and another is let in") {
    for (auto const& order : orders)
        for (std::size_t moment = 0; moment <= order.size(); ++moment)
            for (auto const& e : endings) {
                CAPTURE(moment);
                CAPTURE(e.name);
                CAPTURE(&order - orders.data());
                members_stage s;
                s.transport.usual = fate::waits;
                auto const a = s.connect("a", "u");
                for (std::size_t i = 0; i < order.size(); ++i) {
                    if (i == moment)
                        e.act(s, a);
                    take(s, order[i]);
                }
                if (moment == order.size())
                    e.act(s, a);
                s.run();

                bool const let_in = moment == order.size();
                CHECK(s.outcome("a") == (let_in ? ok : e.refused));
                CHECK(s.connected.size() == (let_in ? 1 : 0));
                if (let_in) { // then it may be there still
                    s.here->disconnect(a, {});
                    s.run();
                }
                CHECK(!a->connected);
                check_nothing_left(s, e.refused == errc::closed);
                if (!s.waits("drained"))
                    CHECK(s.outcome("drained") == ok);

                s.transport.usual = fate::succeeds;
                auto const b = s.connect("b", "u");
                s.run();
                CHECK(s.outcome("b") == (e.others_may ? ok : e.refused));
                CHECK(s.here->roster().size() == (e.others_may ? 1 : 0));
            }
}

TEST_CASE(
    "a client that is ended by the hook which tells that it came completes once, and both are "
    "told") {
    for (auto const& e : endings)
        for (bool const told_at_once : {false, true}) {
            CAPTURE(e.name);
            CAPTURE(told_at_once); // as another thread might
            members_stage s;
            s.here->open({});
            told_ptr a;
            s.on_connected = [&] {
                e.act(s, a);
                if (told_at_once)
                    s.run();
            };
            a = s.connect("a", "u");
            s.run();
            bool const stays = e.refused == asio::error::operation_aborted ||
                               std::string_view(e.name) == "all are asked to leave";
            CHECK(s.outcome("a") == (stays ? ok : make_error_code(hub_errc::connection_ended)));
            s.on_connected = {};
            s.here->disconnect(a, {});
            s.run();
            CHECK(s.connected.size() == 1);
            check_nothing_left(s, e.refused == errc::closed);
        }
}

TEST_CASE("a client that was ended before it connects is refused once, and nobody is left") {
    for (bool const is_ready : {false, true}) {
        members_stage s;
        if (is_ready)
            s.here->open({});
        auto const a = support::make_told("u");
        a->connected = false;
        s.here->connect(a, s.into("a"));
        s.run();
        s.here->open({});
        s.run();
        CHECK(s.outcome("a"));
        check_nothing_left(s, false);
    }
}

TEST_CASE("a client that the hub's owner refuses is told so, and not that it went") {
    for (bool const by_policy : {false, true}) {
        CAPTURE(by_policy);
        members_stage s;
        s.here->open({});
        bool refuses = true;
        if (by_policy)
            s.hooks->on_allow([&](auto const&, auto const&) { return !refuses; });
        else
            s.on_connected = [&] {
                if (refuses)
                    throw std::runtime_error("full");
            };
        auto const a = s.connect("a", "u");
        s.run();
        CHECK(s.outcome("a") == hub_errc::refused);
        CHECK(s.closed == support::strings{"s-1 " + make_error_code(hub_errc::refused).message() +
                                           (by_policy ? "" : ": full")});
        CHECK(s.connected.empty());
        check_nothing_left(s, false);
        refuses = false;
        s.connect("b", "u");
        s.run();
        CHECK(s.outcome("b") == ok);
    }
}

TEST_CASE("whichever subscription of a client that connects fails, it is told, nobody is left, and "
          "others stay and come") {
    for (std::size_t n = 1; n <= 2; ++n)
        for (auto const f : support::wrong_fates)
            for (bool const is_ready : {false, true}) {
                CAPTURE(n);
                CAPTURE(static_cast<int>(f));
                CAPTURE(is_ready);
                members_stage s;
                if (is_ready)
                    s.here->open({});
                s.transport.script(n, f);
                s.connect("a", "u");
                s.run();
                CHECK(s.outcome("a") == support::reset);
                check_nothing_left(s, false);
                s.connect("b", "u");
                s.here->open({});
                s.run();
                CHECK(s.outcome("b") == ok);

                s.transport.script(s.transport.steps() + 1, f);
                s.connect("c", "v"); // all is subscribed, and this user is not
                s.run();
                CHECK(s.outcome("c") == support::reset);
                CHECK(s.here->roster().size() == 1);
                CHECK(s.transport.topics() == support::strings{"hub/all", "hub/user/u"});
            }
}

TEST_CASE("whichever hook of a client or of the owner throws, that is told, and all others are "
          "called") {
    enum class hook { on_closed, on_drain, on_disconnected, handler };
    for (auto const h : {hook::on_closed, hook::on_drain, hook::on_disconnected, hook::handler}) {
        CAPTURE(static_cast<int>(h));
        members_stage s;
        s.here->open({});
        auto const fail = [] { throw std::runtime_error("no"); };
        if (h == hook::on_disconnected)
            s.hooks->on_disconnected([&](auto const& c, auto const&) {
                s.disconnected.push_back(c.connection_id());
                fail();
            });
        auto const a = std::make_shared<support::told_member>();
        a->hooks = std::make_unique<hubbub::connect_options const>([&] {
            hubbub::connect_options o;
            o.on_closed = [&, h](auto const&) {
                s.closed.emplace_back("a");
                if (h == hook::on_closed)
                    fail();
            };
            o.on_drain = [&, h](auto const&) {
                s.asked_to_leave.emplace_back("a");
                if (h == hook::on_drain)
                    fail();
            };
            return o;
        }());
        a->throws = h == hook::handler;
        s.here->connect(a, s.into("a"));
        s.connect("b");
        s.run();
        s.transport.deliver(s.topics.all(), client_call{.method = "m", .arguments = {}});
        s.here->drain(1s, "bye", s.into("drained"));
        s.time.run_for(1s);
        CHECK(s.outcome("drained") == errc::timed_out);
        CHECK(s.asked_to_leave.size() == 2);
        CHECK(s.closed.size() == 2);
        CHECK(s.disconnected.size() == 2);
        auto const told = s.take_events();
        CHECK(told.size() == (h == hook::on_disconnected ? 2 : 1));
        CHECK(told.front() == (h == hook::on_closed  ? "hook_failed on_closed"
                               : h == hook::on_drain ? "hook_failed on_drain"
                               : h == hook::handler  ? "client_handler_failed s-1"
                                                     : "hook_failed on_disconnected"));
    }
}

} // namespace members_faults_test
