// SPDX-License-Identifier: MIT
#include "support/room_stage.hpp"

#include <hubbub/receiver.hpp>
#include <hubbub/transport/drain.hpp>

#include <asio/bind_executor.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace bus_drain_test {

// The end of a bus in good order, and of its transport.

using namespace std::chrono_literals;
using hubbub::errc;
using hubbub::wait_up_to;
using texts = std::vector<std::string>;
using support::cut_off;
using support::error_text;
using fixture = support::room_stage;

TEST_CASE("a drain that is not done at its deadline says so, and how many were not delivered") {
    cut_off f;
    auto const begin = f.time.now();
    std::vector<std::pair<std::error_code, std::uint64_t>> ends;
    f.bus.async_drain(3s, [&](std::error_code error, std::uint64_t undelivered) {
        CHECK(f.time.now() - begin == 3s);
        ends.emplace_back(error, undelivered);
    });
    f.time.run_for(10s);
    CHECK(ends == std::vector<std::pair<std::error_code, std::uint64_t>>{{errc::timed_out, 2}});
    CHECK(f.bus.publish("t", "late") == errc::closed);
}

TEST_CASE("a drain of a transport that is not done at its deadline closes it, and says how many "
          "were not delivered") {
    cut_off f;
    std::vector<std::pair<std::error_code, std::uint64_t>> ends;
    hubbub::async_drain(f.bus.transport(), 3s,
                        [&](std::error_code error, std::uint64_t undelivered) {
                            ends.emplace_back(error, undelivered);
                        });
    CHECK(f.bus.publish("t", "late") == errc::closed);
    f.time.run_for(2s);
    CHECK(ends.empty());
    f.time.run_for(2s);
    CHECK(ends == std::vector<std::pair<std::error_code, std::uint64_t>>{{errc::timed_out, 2}});
    CHECK(f.bus.state() == hubbub::link_state::closed);
}

TEST_CASE("a drain of one bus holds up no other bus on its transport") {
    cut_off f;
    hubbub::bus other(f.bus.transport(), hubbub::text_serializer{});
    std::vector<std::error_code> ends;
    f.bus.async_drain(
        3s, [&](std::error_code error, std::uint64_t /*undelivered*/) { ends.push_back(error); });
    f.link.heal();
    for (int i = 0; ends.empty() && i < 100; ++i) { // however much the other publishes
        (void)other.publish("t", "more");
        f.time.run_for(1ms);
    }
    CHECK(ends == std::vector<std::error_code>{{}});
    CHECK(other.publish("t", "after") == std::error_code{});
}

TEST_CASE("a drain during an outage is done when the link is back") {
    cut_off f;
    std::vector<std::pair<std::error_code, std::uint64_t>> ends;
    f.bus.async_drain(3s, [&](std::error_code error, std::uint64_t undelivered) {
        ends.emplace_back(error, undelivered);
    });
    f.time.run_for(1s);
    CHECK(ends.empty());
    f.link.heal();
    f.time.run_for(1s);
    CHECK(ends == std::vector<std::pair<std::error_code, std::uint64_t>>{{{}, 0}});
}

TEST_CASE(
    "a drain whose bus and transport end meanwhile completes as closed, and touches neither") {
    fixture f;
    std::optional<hubbub::local_transport> transport(std::in_place, f.io, f.broker);
    auto bus = std::make_unique<fixture::bus_type>(*transport);
    CHECK(!bus->publish("t", "1"));
    std::vector<std::pair<std::error_code, std::uint64_t>> ends;
    bus->async_drain(1s, [&](std::error_code error, std::uint64_t undelivered) {
        ends.emplace_back(error, undelivered);
    });
    bus.reset();
    transport.reset();
    f.time.run_for(5s);
    CHECK(ends == std::vector<std::pair<std::error_code, std::uint64_t>>{{errc::closed, 0}});
}

TEST_CASE("a drain hands over what was accepted, refuses what comes, and leaves the transport") {
    fixture f;
    CHECK(!f.bus.publish("t", "1"));
    CHECK(!f.bus.publish("t", "2"));
    CHECK(!f.bus.publish("t", "3"));
    f.bus.async_publish("t", "waits", hubbub::wait_forever, f.ended("waits"));
    std::vector<std::pair<std::error_code, std::uint64_t>> drained;
    f.bus.async_drain(1s, [&](std::error_code error, std::uint64_t undelivered) {
        drained.emplace_back(error, undelivered);
    });
    CHECK(f.bus.publish("t", "4") == errc::closed);
    f.time.run_for(10ms);
    CHECK(f.seen == texts{"1", "2", "3"});
    CHECK(f.ends == texts{"waits: closed"});
    CHECK(drained == std::vector<std::pair<std::error_code, std::uint64_t>>{{{}, 0}});
    CHECK(f.bus.state() == hubbub::link_state::whole);
    CHECK(!f.subscribed);
    CHECK(f.balance() == 0);
}

TEST_CASE("a drain has sinks work off their queues, and counts what they leave") {
    fixture f;
    asio::io_context elsewhere;
    texts slow;
    auto const s = f.bus.subscribe<std::string>(
        "t", {}, asio::bind_executor(elsewhere.get_executor(), [&](std::string const& m) {
            slow.push_back(m);
        }));
    auto messages = f.bus.subscribe<std::string>("t", {});
    for (auto const* const text : {"1", "2", "3"})
        CHECK(!f.bus.publish("t", text));
    std::vector<std::pair<std::error_code, std::uint64_t>> drained;
    f.bus.async_drain(1s, [&](std::error_code error, std::uint64_t undelivered) {
        drained.emplace_back(error, undelivered);
    });
    f.time.run_for(500ms);
    CHECK(f.seen == texts{"1", "2", "3"});
    CHECK(drained.empty());
    CHECK(elsewhere.poll_one() == 1);
    SUBCASE("in time") {
        // The drain does not wait for what others publish meanwhile.
        hubbub::local_transport transport(f.io.get_executor(), f.broker);
        hubbub::bus other(transport, hubbub::text_serializer{});
        CHECK(!other.publish("t", "4"));
        f.time.run_for(1ms);
        elsewhere.poll();
        f.time.run_for(1ms);
        CHECK(slow == texts{"1", "2", "3"});
        CHECK(drained == std::vector<std::pair<std::error_code, std::uint64_t>>{{{}, 0}});
        CHECK(f.bus.statistics().abandoned == 0);
    }
    SUBCASE("too late") {
        f.time.run_for(500ms);
        elsewhere.poll();
        CHECK(slow == texts{"1"});
        CHECK(drained ==
              std::vector<std::pair<std::error_code, std::uint64_t>>{{errc::timed_out, 2}});
        CHECK(f.bus.statistics().abandoned == 2);
    }
    CHECK(f.bus.publish("t", "late") == errc::closed);
    // A receiver's messages are there still.
    texts received;
    for (int i = 0; i < 3; ++i)
        messages.async_receive([&](std::error_code, hubbub::queued_message<std::string> m) {
            received.push_back(m.message);
        });
    f.time.run_for(1ms);
    CHECK(received == texts{"1", "2", "3"});
}

TEST_CASE("a drain whose bus ends while a sink works off its queue completes as closed") {
    fixture f;
    std::optional<hubbub::local_transport> transport(std::in_place, f.io, f.broker);
    auto bus = std::make_unique<fixture::bus_type>(*transport);
    asio::io_context elsewhere;
    auto const s = bus->subscribe<std::string>(
        "t", {}, asio::bind_executor(elsewhere.get_executor(), [](std::string const&) {}));
    CHECK(!bus->publish("t", "1"));
    std::vector<std::error_code> ends;
    bus->async_drain(1h, [&](std::error_code error, std::uint64_t) { ends.push_back(error); });
    f.time.run_for(1s);
    CHECK(ends.empty());
    bus.reset();
    transport.reset();
    f.time.run_for(1s);
    CHECK(ends == std::vector<std::error_code>{errc::closed});
}

TEST_CASE("a drain of a transport that is closed already says so, and counts what was discarded") {
    fixture f;
    CHECK(!f.bus.publish("t", "1"));
    std::vector<std::pair<std::error_code, std::uint64_t>> drained;
    f.bus.async_drain(1s, [&](std::error_code error, std::uint64_t undelivered) {
        drained.emplace_back(error, undelivered);
    });
    f.transport.close();
    f.time.run_for(10ms);
    CHECK(drained == std::vector<std::pair<std::error_code, std::uint64_t>>{{errc::closed, 1}});
}

} // namespace bus_drain_test
