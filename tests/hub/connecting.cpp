// Clients that wait to be let in, in time that the test owns.
#include "support/outage_stage.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace {

using namespace std::chrono_literals;
using hubbub::errc;

/// A client that may give up while it waits.
struct impatient_client {
    asio::cancellation_signal signal;
    std::optional<std::error_code> outcome;
    hubbub::connection<outage_bus> connection;

    void enter(outage_server& at, std::string const& user) {
        at.hub->async_connect(
            user, [](auto const& /*call*/) {},
            asio::bind_cancellation_slot(signal.slot(), [this](std::error_code error, auto made) {
                outcome = error;
                connection = std::move(made);
            }));
    }

    void give_up() { signal.emit(asio::cancellation_type::terminal); }
};

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE("a client that gives up while it waits for the backplane leaves nothing behind") {
    on_each_setting<json_setup>([](hub_setting const& on) {
        bool not_there_yet = false;
        SUBCASE("which is not there yet") {
            not_there_yet = true;
        }
        SUBCASE("which is away") {}
        outage o({.cut_at_the_start = not_there_yet}, on);
        o.left.link.cut();
        lines greeted;
        o.left.hub->on_connected([&](auto const& who) { greeted.push_back(who.user()); });
        impatient_client ada;
        impatient_client bob;
        ada.enter(o.left, "ada");
        bob.enter(o.left, "bob");
        o.time.run_for(1min);
        CHECK(!ada.outcome);
        ada.give_up();
        o.time.run_for(0s);
        CHECK(ada.outcome == std::error_code(asio::error::operation_aborted));
        CHECK(!ada.connection.connected());
        CHECK(!bob.outcome);
        CHECK(o.left.hub->connections() == 1);
        o.left.link.heal();
        o.time.run_for(1s);
        CHECK(bob.outcome == std::error_code{});
        CHECK(greeted == lines{"bob"});
        CHECK(o.left.closed == 0);
        std::optional<std::size_t> listeners;
        o.right->bus->async_publish("hub/user/ada", "nobody listens",
                                    [&](std::error_code, std::size_t n) { listeners = n; });
        bob.give_up(); // too late
        o.time.run_for(1s);
        CHECK(listeners == 0U);
        CHECK(bob.connection.connected());
    });
}

TEST_CASE(
    "as many clients wait for the backplane as the option says, and those beyond are refused") {
    outage o({.hub = {.max_connecting = 2}});
    impatient_client before[3]; // it is there, and nobody is refused
    for (auto& c : before)
        c.enter(o.left, "early");
    o.time.run_for(100ms);
    for (auto& c : before)
        CHECK(c.outcome == std::error_code{});

    o.left.link.cut();
    impatient_client waiting[4];
    for (std::size_t i = 0; i < 3; ++i)
        waiting[i].enter(o.left, "late");
    o.time.run_for(0s);
    CHECK(!waiting[0].outcome);
    CHECK(!waiting[1].outcome);
    CHECK(waiting[2].outcome == errc::queue_full);
    waiting[0].give_up();
    waiting[3].enter(o.left, "late");
    o.time.run_for(1min);
    CHECK(!waiting[3].outcome);
    CHECK(o.left.hub->connections() == 5);
    o.left.link.heal();
    o.time.run_for(1s);
    CHECK(waiting[1].outcome == std::error_code{});
    CHECK(waiting[3].outcome == std::error_code{});
    CHECK(o.left.hub->connections() == 5);
}

TEST_CASE("a server that drains without its backplane refuses at once who waits and who comes") {
    on_each_setting<json_setup>([](hub_setting const& on) {
        outage o({}, on);
        o.left.link.cut();
        impatient_client ada;
        impatient_client bob;
        ada.enter(o.left, "ada");
        o.time.run_for(1s);
        CHECK(!ada.outcome);
        SUBCASE("drain") {
            o.left.hub->drain("soon");
        }
        SUBCASE("async_drain") {
            o.left.hub->async_drain(30s, "soon", [](std::error_code) {});
        }
        bob.enter(o.left, "bob");
        o.time.run_for(0s);
        CHECK(ada.outcome == errc::shutting_down);
        CHECK(bob.outcome == errc::shutting_down);
        CHECK(o.left.hub->connections() == 0);
    });
}

TEST_SUITE_END();
