// SPDX-License-Identifier: MIT
#include "support/local_bus.hpp"

#include <hubbub/memory_budget.hpp>
#include <hubbub/serializer/in_place.hpp>
#include <hubbub/testing/faulty.hpp>
#include <hubbub/testing/virtual_time.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace bus_patience_test {

// A publish with patience: whom it holds up, and what is told and counted of it.

using namespace std::chrono_literals;
using hubbub::errc;
using hubbub::wait_up_to;
using texts = std::vector<std::string>;

namespace {

using faulty_local = hubbub::testing::faulty<hubbub::local_transport>;
using text_bus = hubbub::bus<hubbub::local_transport, hubbub::text_serializer>;

struct fixture {
    auto ended(std::string name) {
        return [this, name = std::move(name)](std::error_code error, hubbub::receiver_count) {
            ends.push_back(error ? name + ": " + error.message() : name);
        };
    }

    asio::io_context io;
    hubbub::testing::virtual_time time{io};
    hubbub::local_broker broker;
    texts ends;
};

std::string error_text(errc e) {
    return make_error_code(e).message();
}

/// Takes what is published, and finds later that there is no room.
struct late_refusal : hubbub::local_transport {
    using local_transport::local_transport;
    std::error_code publish(hubbub::message_view const& /*message*/,
                            hubbub::publish_completion done) {
        done(errc::queue_full, {});
        return {};
    }
};

/// Keeps who waits for room, and never has any.
struct full : hubbub::local_transport {
    using local_transport::local_transport;
    std::error_code publish(hubbub::message_view const& /*message*/,
                            hubbub::publish_completion done) {
        done(errc::queue_full, {});
        return errc::queue_full;
    }
    void wait_for_room(std::size_t /*bytes*/, hubbub::completion<std::error_code> done) {
        waits->push_back(std::move(done));
    }
    auto wanted() const {
        return std::count_if(waits->begin(), waits->end(),
                             [](auto const& done) { return done.is_wanted(); });
    }
    using completions = std::vector<hubbub::completion<std::error_code>>;
    std::shared_ptr<completions> waits = std::make_shared<completions>();
};

/// Can be moved, and not be copied while it is broken.
struct fragile {
    explicit fragile(bool const& b) : broken(&b) {}
    fragile(fragile&&) = default;
    fragile(fragile const& other) : broken(other.broken) {
        if (*broken)
            throw std::runtime_error("broken");
    }
    fragile& operator=(fragile const&) = delete;
    fragile& operator=(fragile&&) = delete;
    ~fragile() = default;

    bool const* broken;
};

/// Tells what it is told.
struct publish_log {
    void on_publish(std::string_view topic, std::size_t bytes, std::error_code refused) const {
        log->push_back(std::string(topic) + " " + std::to_string(bytes) + " " + refused.message());
    }
    texts* log;
};

} // namespace

TEST_CASE("a publish that was accepted and finds no room further on is told so") {
    fixture f;
    late_refusal transport(f.io.get_executor(), f.broker);
    hubbub::bus<late_refusal, hubbub::text_serializer> bus(transport);
    bus.async_publish("t", std::string("1"), wait_up_to{1s}, f.ended("1"));
    f.time.run_for(2s);
    CHECK(f.ends == texts{"1: " + error_text(errc::queue_full)});
}

TEST_CASE("a faulty transport keeps what the one below has no room for") {
    fixture f;
    hubbub::local_transport below(f.io.get_executor(), f.broker,
                                  {.limits = {.max_queue_messages = 1}});
    faulty_local link(below, {});
    hubbub::bus<faulty_local, hubbub::text_serializer> bus(link);
    texts seen;
    auto const s = bus.subscribe<std::string>("t", [&](auto const& m) { seen.push_back(m); });
    for (auto const* const text : {"1", "2", "3", "4"})
        bus.async_publish("t", std::string(text), wait_up_to{1s}, f.ended(text));
    f.time.run_for(100ms);
    CHECK(seen == texts{"1", "2", "3", "4"});
    CHECK(f.ends == texts{"1", "2", "3", "4"});
    CHECK(bus.statistics().confirmed == 4);
    CHECK(below.statistics().refused == 0);
}

TEST_CASE("a publish that is attempted for the first time holds up nobody") {
    fixture f;
    hubbub::immediate_local_transport transport(f.io, f.broker);
    hubbub::bus bus(transport, hubbub::text_serializer{});
    texts seen;
    auto const inner = bus.subscribe<std::string>("u", [&](auto const& m) { seen.push_back(m); });
    auto const outer =
        bus.subscribe<std::string>("t", [&](auto const& m) { CHECK(!bus.publish("u", m)); });
    bus.async_publish("t", std::string("1"), wait_up_to{1s}, f.ended("1"));
    f.time.run_for(1ms);
    CHECK(seen == texts{"1"});
}

TEST_CASE("what waits for room counts once, and not as refused, on whichever bus it is looked at") {
    fixture f;
    hubbub::local_transport transport(f.io.get_executor(), f.broker,
                                      {.limits = {.max_queue_messages = 2}});
    text_bus waiting(transport);
    text_bus other(transport);
    for (auto const* const text : {"1", "2", "3", "4"})
        waiting.async_publish("t", std::string(text), wait_up_to{1s}, f.ended(text));
    f.time.run_for(2s);
    CHECK(f.ends == texts{"1", "2", "3", "4"});
    for (auto const* const bus : {&waiting, &other}) {
        CHECK(bus->statistics().published == 4);
        CHECK(bus->statistics().refused == 0);
        CHECK(bus->statistics().confirmed == 4);
        CHECK(bus->statistics().queued == 0);
    }
}

TEST_CASE("when the first one gives up, a smaller one behind it finds the room that there is") {
    fixture f;
    hubbub::local_transport below(f.io.get_executor(), f.broker);
    faulty_local link(below, {.limits = {.max_queue_bytes = 14}});
    hubbub::bus<faulty_local, hubbub::text_serializer> bus(link);
    link.cut();
    CHECK(!bus.publish("t", "123456789"));
    bus.async_publish("t", std::string("12345678"), wait_up_to{250ms}, f.ended("large"));
    bus.async_publish("t", std::string("12"), hubbub::wait_forever, f.ended("small"));
    f.time.run_for(200ms);
    CHECK(link.statistics().published == 1);
    f.time.run_for(100ms);
    CHECK(f.ends == texts{"large: " + error_text(errc::timed_out)});
    CHECK(link.statistics().published == 2);
    link.heal();
    f.time.run_for(100ms);
    CHECK(f.ends.back() == "small");
}

TEST_CASE("a transport may forget who waited for room and gave up") {
    fixture f;
    full transport(f.io.get_executor(), f.broker);
    std::optional<hubbub::bus<full, hubbub::text_serializer>> bus(std::in_place, transport);
    bus->async_publish("t", std::string("12345678"), wait_up_to{100ms}, f.ended("large"));
    CHECK(transport.wanted() == 1);
    bus->async_publish("t", std::string("12"), wait_up_to{200ms}, f.ended("small"));
    f.time.run_for(150ms);
    CHECK(transport.waits->size() == 2);
    CHECK(transport.wanted() == 1);
    f.time.run_for(100ms);
    CHECK(transport.wanted() == 0);
    bus->async_publish("t", std::string("1"), hubbub::wait_forever, f.ended("closed"));
    CHECK(transport.wanted() == 1);
    bus.reset();
    CHECK(transport.wanted() == 0);
}

TEST_CASE("a publish that throws ends alone, and those behind it have their turn") {
    fixture f;
    hubbub::local_transport transport(f.io.get_executor(), f.broker,
                                      {.limits = {.max_queue_messages = 2}});
    hubbub::bus bus(transport, hubbub::in_place_serializer{});
    int seen = 0;
    auto const s = bus.subscribe<fragile>("t", [&](fragile const&) { ++seen; });
    bool broken = true;
    auto const publish = [&](char const* name) {
        bus.async_publish("t", fragile(broken), hubbub::wait_forever, f.ended(name));
    };
    CHECK_THROWS_AS(publish("at once"), std::runtime_error);
    broken = false;
    for (auto const* const name : {"1", "2", "3", "4"})
        publish(name);
    broken = true;
    CHECK_THROWS_AS(f.time.run_for(1ms), std::runtime_error); // when it is the third one's turn
    broken = false;
    f.time.run_for(1ms);
    CHECK(f.ends == texts{"1", "2", "4"});
    CHECK(!bus.publish("t", fragile(broken)));
    f.time.run_for(1ms);
    CHECK(seen == 4);
    CHECK(bus.statistics().queued == 0);
    CHECK(bus.statistics().queued_bytes == 0);
}

TEST_CASE("a trace is told of a publish with patience once, when it is accepted or ends") {
    fixture f;
    hubbub::local_transport below(f.io.get_executor(), f.broker);
    faulty_local link(below, {.limits = {.max_queue_messages = 2}});
    texts log;
    hubbub::bus<faulty_local, hubbub::text_serializer, publish_log> bus(link, {}, {&log});
    link.cut();
    std::string const accepted = std::error_code{}.message();
    for (auto const* const text : {"1", "22", "333", "4444"})
        bus.async_publish("t", std::string(text),
                          wait_up_to{text[0] == '3' ? 100ms : hubbub::wait_forever.at_most},
                          f.ended(text));
    REQUIRE(log == texts{"t 1 " + accepted, "t 2 " + accepted});
    f.time.run_for(100ms);
    CHECK(log.back() == "t 3 " + error_text(errc::timed_out));
    link.heal();
    f.time.run_for(100ms);
    bus.async_publish("", std::string("5"), hubbub::wait_forever, f.ended("5"));
    CHECK(log == texts{"t 1 " + accepted, "t 2 " + accepted, "t 3 " + error_text(errc::timed_out),
                       "t 4 " + accepted, " 1 " + error_text(errc::empty_name)});
}

TEST_CASE("what waits for room is bounded in bytes, as the queue is, and the budget counts it") {
    fixture f;
    auto const budget = std::make_shared<hubbub::memory_budget>(250);
    hubbub::local_transport transport(f.io.get_executor(), f.broker,
                                      {.limits = {.max_queue_bytes = 100, .budget = budget}});
    text_bus bus(transport);
    std::string const payload(9, 'x'); // ten bytes with the topic
    for (int i = 0; i < 10; ++i)
        CHECK(!bus.publish("t", payload));
    REQUIRE(budget->used() == 100);
    std::size_t most = 200;
    std::size_t waiting = 10;
    SUBCASE("by the bound of the queue") {}
    SUBCASE("by what is left of the budget") {
        REQUIRE(budget->try_take(100));
        most = 250;
        waiting = 5;
    }
    for (int i = 0; i < 1000; ++i)
        bus.async_publish("t", std::string(payload), hubbub::wait_forever, f.ended("1"));
    CHECK(budget->used() == most);
    CHECK(bus.statistics().queued == 10 + waiting);
    CHECK(bus.statistics().queued_bytes == 100 + 10 * waiting);
    CHECK(bus.statistics().refused == 1000 - waiting);
    f.time.run_for(1s);
    CHECK(std::count(f.ends.begin(), f.ends.end(), "1: " + error_text(errc::queue_full)) ==
          static_cast<std::ptrdiff_t>(1000 - waiting));
    CHECK(bus.statistics().confirmed == 10 + waiting);
    CHECK(budget->used() == most - 100 - 10 * waiting);
}

TEST_CASE(
    "the first may wait though the budget is used up, and what waits keeps no queue from it") {
    fixture f;
    auto const budget = std::make_shared<hubbub::memory_budget>(100);
    hubbub::local_transport transport(f.io.get_executor(), f.broker,
                                      {.limits = {.max_queue_messages = 2, .budget = budget}});
    text_bus bus(transport);
    text_bus other(transport);
    CHECK(!bus.publish("t", "1"));
    CHECK(!bus.publish("t", "2"));
    // Two that need all of the budget, with one behind that has taken what was left.
    bus.async_publish("t", std::string(99, 'a'), hubbub::wait_forever, f.ended("a"));
    other.async_publish("t", std::string(99, 'b'), hubbub::wait_forever, f.ended("b"));
    other.async_publish("t", std::string(95, 'c'), hubbub::wait_forever, f.ended("c"));
    f.time.run_for(1s);
    std::sort(f.ends.begin(), f.ends.end());
    CHECK(f.ends == texts{"a", "b", "c"});
    CHECK(budget->used() == 0);
}

TEST_CASE("what waits gives its share of the budget back, however it ends") {
    fixture f;
    auto const budget = std::make_shared<hubbub::memory_budget>(100);
    hubbub::local_transport below(f.io.get_executor(), f.broker,
                                  {.limits = {.max_queue_messages = 1, .budget = budget}});
    std::optional<text_bus> bus(std::in_place, below);
    // Nothing of the transport runs meanwhile: its executor is busy.
    asio::cancellation_signal stop;
    asio::post(below.get_executor(), [&] {
        CHECK(!bus->publish("t", "1"));
        auto const before = budget->used();
        bus->async_publish("t", std::string("22"), hubbub::wait_forever,
                           asio::bind_cancellation_slot(stop.slot(), f.ended("cancelled")));
        CHECK(budget->used() == before + 3);
        stop.emit(asio::cancellation_type::total);
        CHECK(budget->used() == before);
        bus->async_publish("t", std::string("333"), hubbub::wait_forever, f.ended("closed"));
        CHECK(budget->used() == before + 4);
        bus.reset();
        CHECK(budget->used() == before);
    });
    f.time.run_for(1s);
    CHECK(f.ends.size() == 2);
    CHECK(budget->used() == 0);
}

} // namespace bus_patience_test
