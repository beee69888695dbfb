// SPDX-License-Identifier: MIT
#include "support/room_stage.hpp"

#include <hubbub/memory_budget.hpp>
#include <hubbub/serializer/in_place.hpp>

#include <asio/bind_cancellation_slot.hpp>
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

// A bus whose outgoing queue is full: who waits for room.

using namespace std::chrono_literals;
using hubbub::errc;
using hubbub::wait_up_to;
using texts = std::vector<std::string>;
using support::cut_off;
using support::error_text;
using fixture = support::room_stage;

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
        f.bus.async_publish("t", std::string(text), hubbub::wait_forever, f.ended(text));
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
        f.bus.async_publish("t", "cancelled", hubbub::wait_forever,
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

TEST_CASE("a publish that is cancelled later has an unknown outcome, and goes out") {
    fixture f;
    asio::cancellation_signal plain;
    asio::cancellation_signal patient;
    asio::post(f.transport.get_executor(), [&] {
        f.bus.async_publish("t", "1", asio::bind_cancellation_slot(plain.slot(), f.ended("1")));
        f.bus.async_publish("t", "2", hubbub::wait_forever,
                            asio::bind_cancellation_slot(patient.slot(), f.ended("2")));
        plain.emit(asio::cancellation_type::terminal);
        patient.emit(asio::cancellation_type::terminal);
    });
    f.time.run_for(10ms);
    CHECK(f.ends == texts{"1: " + error_text(errc::outcome_unknown),
                          "2: " + error_text(errc::outcome_unknown)});
    CHECK(f.seen == texts{"1", "2"});
    CHECK(f.balance() == 0);
}

TEST_CASE("a drain that is cancelled completes at once, and the bus ends all the same") {
    cut_off f;
    asio::cancellation_signal stop;
    texts ends;
    f.bus.async_drain(
        1h, asio::bind_cancellation_slot(stop.slot(), [&](std::error_code error, std::uint64_t) {
            ends.push_back(error.message());
        }));
    f.time.run_for(1s);
    stop.emit(asio::cancellation_type::total);
    f.time.run_for(1ms);
    CHECK(ends == texts{make_error_code(asio::error::operation_aborted).message()});
    CHECK(f.bus.publish("t", "3") == errc::closed);
    f.link.heal();
    f.time.run_for(2h);
    CHECK(ends.size() == 1);
}

TEST_CASE(
    "a wait, given as a time alone, ends at its deadline, by the clock of the executor's context") {
    cut_off f;
    auto const begin = f.time.now();
    std::vector<std::pair<std::error_code, std::chrono::milliseconds>> ends;
    for (auto const patience : {1000ms, 250ms})
        f.bus.async_publish(
            "t", std::string("2"), patience, [&](std::error_code error, hubbub::receiver_count) {
                ends.emplace_back(error, std::chrono::duration_cast<std::chrono::milliseconds>(
                                             f.time.now() - begin));
            });
    f.time.run_for(5s);
    using end = std::pair<std::error_code, std::chrono::milliseconds>;
    CHECK(ends == std::vector<end>{{errc::timed_out, 250ms}, {errc::timed_out, 1000ms}});
}

TEST_CASE("a wait of no time ends at once where there is no room, and needs none where there is") {
    cut_off f;
    texts ends;
    auto const publish = [&] {
        f.bus.async_publish("t", std::string("3"), wait_up_to{0ms},
                            [&](std::error_code error, hubbub::receiver_count) {
                                ends.push_back(error.message());
                            });
        f.time.run_for(1ms);
    };
    publish();
    CHECK(ends == texts{error_text(errc::timed_out)});
    f.link.heal();
    f.time.run_for(1s);
    publish();
    CHECK(ends.back() == std::error_code{}.message());
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
    bus.async_publish("t", std::string(10, 'x'), hubbub::wait_forever, f.ended("large"));
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

} // namespace bus_room_test
