// What is told to whom while a connection begins, at whatever moment it is ended, or the hub is.
#include "support/hub_stage.hpp"

#include <hubbub/testing/virtual_time.hpp>

#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace {

/// A hub whose members are told at once, one client that is there, and one that comes, of whom so many
/// steps have been taken.
struct coming {
    using bus_type = json_setup::bus;

    explicit coming(int steps) {
        hub.on_authorize([](hubbub::caller const& who, hubbub::access_request const&) {
            return who.user() != "bob";
        });
        hub.on_connected([this](auto const&) { ++connected; });
        hub.on_disconnected([this](auto const&, auto const&) { ++disconnected; });
        enter("ada", ada);
        time.run_for(std::chrono::milliseconds(10));
        REQUIRE(ada.outcome == std::error_code{});
        connected = 0;
        io.restart();
        steps_left = steps;
    }

    struct client {
        std::optional<std::error_code> outcome;
        hubbub::connection<bus_type> connection;
        int told = 0;
    };

    void enter(std::string const& user, client& c) {
        hub.async_connect(
            user, [&c](auto const&) { ++c.told; },
            [&c](std::error_code error, auto made) {
                c.outcome = error;
                c.connection = std::move(made);
            });
    }

    /// False if there was nothing more to do.
    bool take_steps() {
        bool more = true;
        for (; steps_left > 0 && more; --steps_left)
            more = io.poll_one() != 0;
        return more;
    }

    void finish() { time.run_for(std::chrono::milliseconds(10)); }

    asio::io_context io;
    hubbub::testing::virtual_time time{io};
    hubbub::any_transport transport{
        hubbub::local_transport(io.get_executor(), hubbub::local_broker{})};
    bus_type bus{transport};
    hubbub::hub<bus_type> hub{bus, {.order = hubbub::delivery_order::local_first}};
    client ada;
    client other;
    int connected = 0;
    int disconnected = 0;
    int steps_left = 0;
};

/// Calls play(stage) with ever more steps taken, until all are.
template <class Play>
void at_every_step(std::string const& user, Play play) {
    int steps = 0;
    for (bool more = true; more; ++steps) {
        CAPTURE(steps);
        coming c(steps);
        c.enter(user, c.other);
        more = c.take_steps();
        play(c);
    }
    CHECK(steps > 5);
}

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE("nothing reaches a connection that the policy refuses, and it is never counted") {
    at_every_step("bob", [](coming& c) {
        CHECK(!c.hub.clients().all().send("tell"));
        CHECK(!c.hub.clients().user("bob").send("tell"));
        std::uint64_t count = 0;
        lines users;
        c.hub.presence().async_count([&](std::error_code, auto const& all) { count = all.value; });
        c.hub.presence().async_users([&](std::error_code, auto const& all) { users = all.value; });
        c.finish();
        CHECK(c.other.outcome == hubbub::hub_errc::refused);
        CHECK(c.other.told == 0);
        CHECK(c.ada.told == 1);
        CHECK(count == 1);
        CHECK(users == lines{"ada"});
        CHECK(c.connected == 0);
        CHECK(c.disconnected == 0);
    });
}

TEST_CASE("no question reaches a connection that the policy has not allowed") {
    at_every_step("bob", [](coming& c) {
        std::optional<std::error_code> answer;
        c.hub.clients()
            .client(c.hub.server_id() + "-2")
            .async_invoke<hubbub::outcome<void>>(
                "ask", [&](hubbub::outcome<void> given) { answer = given.error(); });
        c.finish();
        CHECK(c.other.outcome == hubbub::hub_errc::refused);
        CHECK(c.other.told == 0);
        CHECK(answer == hubbub::hub_errc::unknown_connection);
    });
}

TEST_CASE("whoever is told that a connection begins is told that it ends, at whatever moment") {
    at_every_step("eve", [](coming& c) {
        CHECK(!c.hub.clients().user("eve").disconnect("away"));
        c.finish();
        if (c.other.connection.connected()) { // it was not there yet
            c.other.connection.disconnect();
            c.finish();
        }
        CHECK(c.connected == c.disconnected);
        CHECK((!*c.other.outcome || c.other.outcome == hubbub::hub_errc::connection_ended));
        CHECK((c.connected == 1 || c.other.outcome == hubbub::hub_errc::connection_ended));
    });
}

TEST_CASE("no connection is left of a hub that is closed while it begins") {
    at_every_step("eve", [](coming& c) {
        c.hub.close();
        c.finish();
        REQUIRE(c.other.outcome);
        CHECK(!c.other.connection.connected());
        CHECK(!c.ada.connection.connected());
        CHECK(c.hub.connections() == 0);
    });
}

TEST_SUITE_END();
