// SPDX-License-Identifier: MIT
#include "support/local_bus.hpp"

#include <hubbub/memory_budget.hpp>
#include <hubbub/receiver.hpp>
#include <hubbub/serializer/in_place.hpp>
#include <hubbub/testing/faulty.hpp>
#include <hubbub/testing/virtual_time.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

namespace bus_room_test {

// A bus whose outgoing queue is full: who waits for room, and how it is drained.

using namespace std::chrono_literals;
using hubbub::errc;
using hubbub::wait_up_to;
using texts = std::vector<std::string>;

namespace {

/// Time is the test's; the outgoing queue takes three messages, and drains when io runs.
struct fixture {
    using bus_type = hubbub::bus<hubbub::local_transport, hubbub::text_serializer>;

    auto ended(std::string name) {
        return [this, name = std::move(name)](std::error_code error, hubbub::receiver_count) {
            ends.push_back(error ? name + ": " + error.message() : name);
        };
    }

    std::uint64_t balance() const {
        auto const s = bus.statistics();
        return s.published - s.refused - s.confirmed - s.unknown - s.discarded - s.displaced -
               s.queued;
    }

    asio::io_context io;
    hubbub::testing::virtual_time time{io};
    hubbub::local_broker broker;
    hubbub::local_transport transport{
        io.get_executor(), broker, {.limits = {.max_queue_messages = 3}}};
    bus_type bus{transport};
    texts seen;
    hubbub::subscription subscribed =
        bus.subscribe<std::string>("t", [this](std::string const& m) { seen.push_back(m); });
    texts ends;
};

std::string error_text(errc e) {
    return make_error_code(e).message();
}

} // namespace

TEST_CASE("a publish with patience waits for room, in turn, and nothing overtakes it") {
    fixture f;
    for (auto const* const text : {"1", "2", "3", "4", "5"})
        f.bus.async_publish("t", std::string(text), wait_up_to{1s}, f.ended(text));
    CHECK(f.bus.publish("t", "impatient") == errc::queue_full);
    f.bus.async_publish("t", "impatient too", f.ended("impatient"));
    CHECK(f.bus.statistics().queued == 5);
    CHECK(f.bus.statistics().published == 7);
    CHECK(f.balance() == 0);
    f.time.run_for(500ms);
    CHECK(f.seen == texts{"1", "2", "3", "4", "5"});
    CHECK(f.ends.size() == 6);
    CHECK(f.ends.front() == "impatient: " + error_text(errc::queue_full));
    auto const s = f.bus.statistics();
    CHECK(s.published == 7);
    CHECK(s.refused == 2);
    CHECK(s.confirmed == 5);
    CHECK(f.balance() == 0);
}

TEST_CASE("a publish with patience that finds room at once does not wait") {
    fixture f;
    f.bus.async_publish("t", "1", wait_up_to{1s}, f.ended("1"));
    CHECK(!f.bus.publish("t", "2"));
    f.time.run_for(1ms);
    CHECK(f.seen == texts{"1", "2"});
    CHECK(f.ends == texts{"1"});
}

TEST_CASE("as many may wait as the queue takes, and no more") {
    fixture f;
    for (auto const* const text : {"1", "2", "3", "4", "5", "6", "7"})
        f.bus.async_publish("t", std::string(text), wait_up_to{0ms}, f.ended(text));
    f.time.run_for(1ms);
    CHECK(f.seen == texts{"1", "2", "3", "4", "5", "6"});
    CHECK(f.ends.front() == "7: " + error_text(errc::queue_full));
    CHECK(f.balance() == 0);
}

TEST_CASE("a wait that is cancelled ends, and what waits behind it goes on") {
    fixture f;
    // Nothing of the transport runs meanwhile: its executor is busy.
    asio::cancellation_signal stop;
    asio::post(f.transport.get_executor(), [&] {
        CHECK(!f.bus.publish("t", "1"));
        CHECK(!f.bus.publish("t", "2"));
        CHECK(!f.bus.publish("t", "3"));
        f.bus.async_publish("t", "late", wait_up_to{1s}, f.ended("late"));
        f.bus.async_publish("t", "cancelled", wait_up_to{0ms},
                            asio::bind_cancellation_slot(stop.slot(), f.ended("cancelled")));
        CHECK(f.bus.statistics().queued == 5);
        stop.emit(asio::cancellation_type::terminal);
        CHECK(f.bus.statistics().queued == 4);
    });
    f.time.run_for(10ms);
    CHECK(f.ends.size() == 2);
    CHECK(f.seen == texts{"1", "2", "3", "late"});
    CHECK(f.balance() == 0);
    CHECK(f.bus.statistics().refused == 1);
}

namespace {

/// A bus whose link is cut, with room for two messages, which are there.
struct cut_off {
    cut_off() {
        link.cut();
        CHECK(!bus.publish("t", "1"));
        CHECK(!bus.publish("t", "2"));
    }

    asio::io_context io;
    hubbub::testing::virtual_time time{io};
    hubbub::local_broker broker;
    hubbub::local_transport below{io.get_executor(), broker};
    hubbub::testing::faulty<hubbub::local_transport> link{below,
                                                          {.limits = {.max_queue_messages = 2}}};
    hubbub::bus<hubbub::testing::faulty<hubbub::local_transport>, hubbub::text_serializer> bus{
        link};
};

} // namespace

TEST_CASE("a wait ends at its deadline, by the clock of the executor's context") {
    cut_off f;
    auto const begin = f.time.now();
    std::vector<std::pair<std::error_code, std::chrono::milliseconds>> ends;
    for (auto const patience : {1000ms, 250ms})
        f.bus.async_publish("t", std::string("2"), wait_up_to{patience},
                            [&](std::error_code error, hubbub::receiver_count) {
                                ends.emplace_back(
                                    error, std::chrono::duration_cast<std::chrono::milliseconds>(
                                               f.time.now() - begin));
                            });
    f.time.run_for(5s);
    using end = std::pair<std::error_code, std::chrono::milliseconds>;
    CHECK(ends == std::vector<end>{{errc::timed_out, 250ms}, {errc::timed_out, 1000ms}});
}

TEST_CASE("the longest time there is means never, for a wait as for a drain") {
    cut_off f;
    texts ends;
    auto const never = std::chrono::milliseconds::max();
    f.bus.async_publish("t", std::string("3"), wait_up_to{never},
                        [&](std::error_code error, hubbub::receiver_count) {
                            ends.push_back("publish: " + error.message());
                        });
    f.time.run_for(24h);
    CHECK(ends.empty());
    f.bus.async_drain(never, [&](std::error_code error, std::uint64_t undelivered) {
        ends.push_back("drain: " + error.message() + ' ' + std::to_string(undelivered));
    });
    f.time.run_for(24h);
    CHECK(ends == texts{"publish: " + error_text(errc::closed)});
    f.link.heal();
    f.time.run_for(1s);
    CHECK(ends.back() == "drain: " + std::error_code{}.message() + " 0");
}

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
    CHECK(f.bus.state() == hubbub::link_state::closed);
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

TEST_CASE("who waits for a budget that others have used up keeps nothing busy after the end") {
    asio::io_context io;
    auto const budget = std::make_shared<hubbub::memory_budget>(100);
    hubbub::local_broker const broker;
    hubbub::local_transport transport(io.get_executor(), broker, {.limits = {.budget = budget}});
    REQUIRE(budget->try_take(100));
    texts ends;
    transport.wait_for_room(
        10, {io.get_executor(), [&](std::error_code error) { ends.push_back(error.message()); }});
    io.poll();
    CHECK(ends.empty());
    CHECK(!io.stopped());
    SUBCASE("closed") {
        transport.close();
    }
    SUBCASE("drained") {
        transport.drain({});
    }
    io.poll();
    CHECK(ends == texts{error_text(errc::closed)});
    CHECK(io.stopped());
    transport.wait_for_room(
        10, {io.get_executor(), [&](std::error_code error) { ends.push_back(error.message()); }});
    io.restart();
    io.poll();
    CHECK(ends.size() == 2);
}

TEST_CASE("what never finds room is refused as too large, and does not wait") {
    fixture f;
    hubbub::local_transport small(f.io.get_executor(), f.broker,
                                  {.limits = {.max_queue_bytes = 10}});
    fixture::bus_type bus(small);
    bus.async_publish("t", std::string(10, 'x'), wait_up_to{0ms}, f.ended("large"));
    f.time.run_for(1ms);
    CHECK(f.ends == texts{"large: " + error_text(errc::payload_too_large)});
}

TEST_CASE("objects wait like bytes, and are whole when it is their turn") {
    fixture f;
    hubbub::bus objects(f.transport, hubbub::in_place_serializer{});
    texts seen;
    auto const s =
        objects.subscribe<std::string>("o", [&](std::string const& m) { seen.push_back(m); });
    std::string const text = "an object that does not fit into itself";
    for (int i = 0; i < 5; ++i)
        objects.async_publish("o", std::string(text), wait_up_to{1s}, f.ended("o"));
    f.time.run_for(10ms);
    CHECK(seen == texts(5, text));
}

TEST_CASE("a drain hands over what was accepted, refuses what comes, and closes") {
    fixture f;
    CHECK(!f.bus.publish("t", "1"));
    CHECK(!f.bus.publish("t", "2"));
    CHECK(!f.bus.publish("t", "3"));
    f.bus.async_publish("t", "waits", wait_up_to{0ms}, f.ended("waits"));
    std::vector<std::pair<std::error_code, std::uint64_t>> drained;
    f.bus.async_drain(1s, [&](std::error_code error, std::uint64_t undelivered) {
        drained.emplace_back(error, undelivered);
    });
    CHECK(f.bus.publish("t", "4") == errc::closed);
    f.time.run_for(10ms);
    CHECK(f.seen == texts{"1", "2", "3"});
    CHECK(f.ends == texts{"waits: closed"});
    CHECK(drained == std::vector<std::pair<std::error_code, std::uint64_t>>{{{}, 0}});
    CHECK(f.bus.state() == hubbub::link_state::closed);
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
    auto messages = f.bus.receive<std::string>("t");
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
        // What others publish meanwhile is nothing to wait for.
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
    CHECK(f.bus.state() == hubbub::link_state::closed);
    // A receiver's messages are there still.
    texts received;
    for (int i = 0; i < 3; ++i)
        messages.async_receive([&](std::error_code, hubbub::received<std::string> m) {
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

} // namespace bus_room_test
