// Servers that come, go and die, in time that the test owns.
#include "support/outage_stage.hpp"

#include <hubbub/base/timer.hpp>
#include <hubbub/testing/virtual_time.hpp>

#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <variant>
#include <vector>

using namespace std::chrono_literals;

TEST_SUITE_BEGIN("hub");

TEST_CASE("what a server was asked that dies without a word fails within the stated time") {
    outage o({.hub = {.request_timeout = std::chrono::milliseconds::max()}});
    lines lost;
    o.left.hub->set_observer([&](hubbub::hub_event const& e) {
        if (auto const* const left = std::get_if<hubbub::server_left>(&e))
            lost.emplace_back(left->server);
    });
    hubbub::connection<hub_bus> client;
    o.right->hub->async_connect(
        {},
        [kept = std::vector<hubbub::invocation<hubbub::json_serializer>>()](
            auto const& call) mutable { kept.push_back(call); },
        [&](std::error_code, auto made) { client = std::move(made); });
    o.time.run_for(3400ms);
    REQUIRE(client);
    CHECK(lost.empty());

    error_list answers;
    o.left.hub->clients()
        .client(client.id())
        .async_invoke<hubbub::outcome<void>>(
            "ask", [&](hubbub::outcome<void> given) { answers.push_back(given.error()); });
    o.time.run_for(100ms);
    o.kill_right();
    o.time.run_for(2s);
    CHECK(answers.empty());
    o.time.run_for(2s); // missed_beacons + 1 intervals in all
    CHECK(answers == error_list{hubbub::hub_errc::server_lost});
    CHECK(lost == lines{o.right->hub->server_id()});
}

TEST_CASE(
    "of a server that is cut off for long nobody is lost to it, and it is lost to the others") {
    outage o;
    lines told;
    auto const watch = [&](outage_server& by, std::string const& name) {
        by.hub->set_observer([&, name](hubbub::hub_event const& e) {
            if (auto const* const left = std::get_if<hubbub::server_left>(&e))
                told.push_back(name + " lost " + std::string(left->server));
        });
    };
    watch(o.left, "left");
    watch(*o.right, "right");
    if (o.middle)
        watch(*o.middle, "middle");
    o.time.run_for(2s);
    o.left.link.cut();
    o.time.run_for(1min);
    o.left.link.heal();
    o.time.run_for(1min);
    lines expected;
    if (o.middle)
        expected.push_back("middle lost " + o.left.hub->server_id());
    expected.push_back("right lost " + o.left.hub->server_id());
    std::sort(told.begin(), told.end());
    CHECK(told == expected);
    CHECK(o.left.hub->servers().alive().size() == o.others().size() + 1);
    CHECK(o.right->hub->servers().alive().size() == o.others().size() + 1);
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
        hubbub::local_transport(io.get_executor(), hubbub::local_broker{}));
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
    outage o;
    lines told;
    o.left.hub->set_observer([&](hubbub::hub_event const& e) {
        if (auto const* const left = std::get_if<hubbub::server_left>(&e))
            told.emplace_back(left->server);
    });
    // Somebody listens there, so that the question is not refused at once.
    auto const ear = o.right->bus.subscribe<std::string>("hub/control/nobody", [](auto const&) {});
    o.time.run_for(1s);
    std::optional<std::error_code> outcome;
    o.left.hub->async_add_to_group("nobody-1", "lobby",
                                   [&](std::error_code error) { outcome = error; });
    o.time.run_for(5s);
    CHECK(outcome == hubbub::hub_errc::server_lost);
    CHECK(told.empty());
}

TEST_SUITE_END();
