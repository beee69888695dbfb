// Clients that wait to be let in, in time that the test owns.
#include "support/outage_stage.hpp"

#include <asio/any_io_executor.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>
#include <asio/execution/blocking.hpp>
#include <asio/execution/outstanding_work.hpp>
#include <asio/io_context.hpp>
#include <asio/prefer.hpp>
#include <asio/query.hpp>
#include <asio/require.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace {

using namespace std::chrono_literals;
using hubbub::errc;
using hubbub::hub_errc;

/// A client that may give up while it waits.
struct impatient_client {
    asio::cancellation_signal signal;
    std::optional<std::error_code> outcome;
    hubbub::connection<hub_bus> connection;

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

/// An executor of a hub that runs something of the test's when an operation of the hub's own begins
/// to wait on it: of one that connects, when it waits already, and is in no list of members yet. No
/// lock is held then, so another thread might do the same.
struct interrupted_executor {
    asio::any_io_executor inner;
    std::function<void()>* once;

    template <class Function>
    void execute(Function&& f) const {
        inner.execute(std::forward<Function>(f));
    }
    interrupted_executor require(asio::execution::blocking_t::never_t never) const {
        return {asio::require(inner, never), once};
    }
    interrupted_executor prefer(asio::execution::outstanding_work_t::tracked_t tracked) const {
        if (auto const interrupt = std::exchange(*once, {}))
            interrupt();
        return {asio::prefer(inner, tracked), once};
    }
    template <class Property>
        requires asio::can_query<asio::any_io_executor const&, Property>::value
    decltype(auto) query(Property const& property) const {
        return asio::query(inner, property);
    }
    friend bool operator==(interrupted_executor const& a, interrupted_executor const& b) noexcept {
        return a.inner == b.inner;
    }
    friend bool operator!=(interrupted_executor const& a, interrupted_executor const& b) noexcept {
        return !(a == b);
    }
};

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE("a client that gives up while it waits for the backplane leaves nothing behind") {
    on_each_setting<counted_setup>([](hub_setting const& on) {
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
        hubbub::receiver_count listeners;
        o.right->bus.async_publish(
            "hub/user/ada", "nobody listens",
            [&](std::error_code, hubbub::receiver_count n) { listeners = n; });
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
            o.left.hub->disconnect_all("soon");
        }
        SUBCASE("async_drain") {
            o.left.hub->async_drain(30s, "soon", [](std::error_code) {});
        }
        bob.enter(o.left, "bob");
        o.time.run_for(0s);
        CHECK(ada.outcome == hub_errc::shutting_down);
        CHECK(bob.outcome == hub_errc::shutting_down);
        CHECK(o.left.hub->connections() == 0);
    });
}

TEST_CASE("a client that is ended while it is about to be entered leaves nothing behind") {
    asio::io_context io;
    std::function<void()> once;
    hubbub::local_broker broker;
    hubbub::any_transport transport{
        hubbub::local_transport(interrupted_executor{io.get_executor(), &once}, broker)};
    hub_bus bus(transport);
    hubbub::hub hub(bus);
    asio::cancellation_signal signal;
    std::optional<std::error_code> outcome;
    std::optional<std::error_code> drained;
    hubbub::connection<hub_bus> connection;
    auto const enter = [&] {
        // The handler waits elsewhere, so that the first to wait on the hub's executor is the hub.
        hub.async_connect(
            "ada", [](auto const& /*call*/) {},
            asio::bind_cancellation_slot(
                signal.slot(), asio::bind_executor(io, [&](std::error_code error, auto made) {
                    outcome = error;
                    connection = std::move(made);
                })));
    };
    auto const settle = [&] {
        while (io.poll() != 0) {
        }
    };
    settle();
    bool begun = false; // by what interrupts it

    SUBCASE("by itself") {
        once = [&] {
            begun = hub.connections() == 0;
            signal.emit(asio::cancellation_type::terminal);
        };
        enter();
        CHECK(hub.connections() == 0);
        settle();
        CHECK(outcome == asio::error::operation_aborted);
    }
    SUBCASE("by a drain, which it keeps waiting no longer") {
        once = [&] {
            begun = hub.connections() == 0;
            hub.async_drain(1h, {}, [&](std::error_code error) { drained = error; });
        };
        enter();
        CHECK(hub.connections() == 0);
        settle();
        CHECK(outcome == hub_errc::shutting_down);
        CHECK(drained == std::error_code{});
    }
    CHECK(begun);
    CHECK(hub.clients().user("ada").send("tell") == std::error_code{});
    settle();
    CHECK(!connection);
    CHECK(hub.connections() == 0);
}

TEST_SUITE_END();
