// What a broadcast to many costs.
#include "support/allocations.hpp"

#include "support/counting_serializer.hpp"
#include "support/hub_stage.hpp"
#include "support/outage_stage.hpp"
#include "support/seeds.hpp"

#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace {

using bus_type = hubbub::bus<hubbub::local_transport, support::counting_serializer>;

/// Allocations of a broadcast to so many clients, when everything is warm.
std::size_t allocations_of_broadcast(unsigned clients) {
    asio::io_context io;
    hubbub::local_broker broker;
    hubbub::local_transport transport{io.get_executor(), broker};
    bus_type bus{transport};
    hubbub::hub<bus_type> hub{bus, {.beacon_interval = std::chrono::hours(1)}};
    std::size_t told = 0;
    std::vector<hubbub::connection<bus_type>> connections;
    connections.reserve(clients);
    for (unsigned i = 0; i < clients; ++i)
        hub.async_connect(
            "", [&told](auto const&) { ++told; },
            [&](std::error_code, auto made) { connections.push_back(std::move(made)); });
    io.poll();
    REQUIRE(hub.connections() == clients);

    auto const broadcast = [&] {
        CHECK(!hub.clients().all().send("tell", "a text of more than sixteen bytes"));
        io.restart();
        io.poll();
    };
    broadcast();
    support::encodings = 0;
    auto const before = support::allocations();
    broadcast();
    auto const made = support::allocations() - before;
    CHECK(support::encodings == 1);
    CHECK(told == 2 * clients);
    return made;
}

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE("a broadcast makes one encoding, and allocates nothing for each connection" *
          doctest::skip(!support::counts_allocations)) {
    auto const few = allocations_of_broadcast(10);
    CHECK(few > 0);
    CHECK(allocations_of_broadcast(1000) == few);
}

#ifdef __GLIBC__
TEST_CASE("an idle connection takes less than 500 bytes of the heap" * doctest::skip(sanitized)) {
    constexpr std::size_t clients = 5000;
    asio::io_context io;
    hubbub::local_broker broker;
    hubbub::local_transport transport{io.get_executor(), broker};
    bus_type bus{transport};
    hubbub::hub<bus_type> hub{bus, {.beacon_interval = std::chrono::hours(1)}};
    std::vector<hubbub::connection<bus_type>> connections;
    connections.reserve(clients);
    auto const connect = [&](std::size_t up_to) {
        while (connections.size() < up_to) {
            hub.async_connect(
                "", [](auto const&) {},
                [&](std::error_code, auto made) { connections.push_back(std::move(made)); });
            io.restart();
            io.poll();
        }
    };
    connect(1000); // and what grows by leaps has grown
    auto const before = mallinfo2().uordblks;
    connect(clients);
    auto const each = (mallinfo2().uordblks - before) / (clients - 1000);
    MESSAGE(each, " bytes");
    CHECK(each < 500);
    CHECK(each > 100); // it was measured
}

TEST_CASE("who joins a group and leaves it, again and again, takes no more while the link is down" *
          doctest::skip(sanitized)) {
    outage o;
    auto const id = o.connect(o.left).connection.id();
    o.left.link.cut();
    auto const join_and_leave = [&](std::string const& group) {
        o.left.hub->async_add_to_group(id, group, [](std::error_code) {});
        o.left.hub->async_remove_from_group(id, group, [](std::error_code) {});
        o.time.run_for(std::chrono::milliseconds(0));
    };
    join_and_leave("lobby");
    auto const before = mallinfo2().uordblks;
    for (int i = 0; i < 1000; ++i)
        join_and_leave("lobby");
    CHECK(mallinfo2().uordblks < before + 10'000);
}
#endif

TEST_SUITE_END();
