// Servers that come, go and die, in time that the test owns.
#include "support/hub_stage.hpp"

#include <hubbub/detail/timer.hpp>
#include <hubbub/testing/virtual_time.hpp>

#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <variant>
#include <vector>

TEST_SUITE_BEGIN("hub");

TEST_CASE("what a server was asked that dies without a word fails within the stated time") {
    using setup = json_setup;
    asio::io_context io;
    hubbub::testing::virtual_time time{io};
    hubbub::local_broker broker;
    struct node {
        node(asio::io_context& context, hubbub::local_broker const& b)
            : transport(std::make_unique<hubbub::local_transport>(context.get_executor(), b)),
              bus(transport), hub(bus, {.request_timeout = std::chrono::milliseconds::max()}) {}
        hubbub::any_transport transport;
        setup::bus bus;
        hubbub::hub<setup::bus> hub;
    };
    node asking(io, broker);
    auto dying = std::make_optional<node>(io, broker);
    hubbub::connection<setup::bus> client;
    dying->hub.async_connect(
        {},
        [kept = std::vector<hubbub::invocation<hubbub::json_serializer>>()](
            auto const& call) mutable { kept.push_back(call); },
        [&](std::error_code, auto made) { client = std::move(made); });
    std::vector<std::string> lost;
    asking.hub.on_event([&](hubbub::hub_event const& e) {
        if (auto const* const left = std::get_if<hubbub::server_left>(&e))
            lost.emplace_back(left->server);
    });
    time.run_for(std::chrono::milliseconds(3500));
    REQUIRE(client);
    CHECK(lost.empty());

    std::vector<std::error_code> answers;
    asking.hub.clients().client(client.id()).async_invoke("ask", [&](hubbub::outcome<void> given) {
        answers.push_back(given.error());
    });
    time.run_for(std::chrono::milliseconds(100));
    dying->transport.close(); // nothing of it is heard any more
    time.run_for(std::chrono::seconds(2));
    CHECK(answers.empty());
    time.run_for(std::chrono::seconds(2)); // missed_beacons + 1 intervals in all
    CHECK(answers == std::vector<std::error_code>{hubbub::errc::server_lost});
    CHECK(lost == lines{dying->hub.server_id()});

    // Of the one that is cut off nobody dies: it does not hear itself either.
    std::vector<std::string> lost_there;
    dying->hub.on_event([&](hubbub::hub_event const& e) {
        if (auto const* const left = std::get_if<hubbub::server_left>(&e))
            lost_there.emplace_back(left->server);
    });
    time.run_for(std::chrono::minutes(1));
    CHECK(lost_there.empty());
}

TEST_CASE("a beacon that comes due while its hub ends touches no bus") {
    using setup = json_setup;
    asio::io_context io;
    hubbub::testing::virtual_time time{io};
    hubbub::detail::timer alarm(io.get_executor());
    bool due = false;
    alarm.expires_at(time.now() + hubbub::hub_options{}.beacon_interval);
    alarm.async_wait([&](std::error_code /*none*/) { due = true; });
    hubbub::any_transport transport(
        std::make_unique<hubbub::local_transport>(io.get_executor(), hubbub::local_broker{}));
    auto bus = std::make_unique<setup::bus>(transport);
    auto hub = std::make_unique<hubbub::hub<setup::bus>>(*bus);
    hubbub::connection<setup::bus> client;
    hub->async_connect(
        {}, [](auto const& /*call*/) {},
        [&](std::error_code /*none*/, auto made) { client = std::move(made); });
    time.run_until([&] { return due; }, "the time of the beacon, whose handler is the next");
    REQUIRE(client);
    hub.reset(); // what tells the client's end keeps it for a moment
    bus.reset();
    time.run_for(std::chrono::hours(1)); // the address sanitizer looks on
    CHECK(due);
}

TEST_CASE("a server that never was is not told to have left, and what it was asked ends") {
    using setup = json_setup;
    asio::io_context io;
    hubbub::testing::virtual_time time{io};
    hubbub::any_transport transport(
        std::make_unique<hubbub::local_transport>(io.get_executor(), hubbub::local_broker{}));
    setup::bus bus(transport);
    hubbub::hub<setup::bus> hub(bus);
    lines told;
    hub.on_event([&](hubbub::hub_event const& e) {
        if (auto const* const left = std::get_if<hubbub::server_left>(&e))
            told.emplace_back(left->server);
    });
    // Somebody listens there, so that the question is not refused at once.
    auto const ear = bus.subscribe<std::string>("hub/control/nobody", [](auto const&) {});
    time.run_for(std::chrono::seconds(1));
    std::optional<std::error_code> outcome;
    hub.async_add_to_group("nobody-1", "lobby", [&](std::error_code error) { outcome = error; });
    time.run_for(std::chrono::seconds(5));
    CHECK(outcome == hubbub::errc::server_lost);
    CHECK(told.empty());
}

TEST_SUITE_END();
