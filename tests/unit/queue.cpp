// SPDX-License-Identifier: MIT
#include <hubbub/memory_budget.hpp>
#include <hubbub/receiver.hpp>

#include "support/queue_stage.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/error.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace queue_test {

// Subscriptions with a queue of their own.

using hubbub::errc;
using hubbub::overflow_policy;
using hubbub::queued_message;
using fixture = support::queue_stage;
using texts = std::vector<std::string>;

TEST_CASE("a receiver hands out what came, in order, with its topic, and then waits") {
    fixture f;
    auto messages = f.bus.subscribe<std::string>(hubbub::pattern{"room.*"}, {});
    f.publish({"a", "b"}, "room.1");
    CHECK(f.bus.statistics().pending == 2);
    std::vector<std::pair<std::string, std::string>> seen;
    auto const keep = [&](std::error_code error, queued_message<std::string> r) {
        CHECK(!error);
        seen.emplace_back(r.topic, r.message);
    };
    for (int i = 0; i < 4; ++i)
        messages.async_receive(keep);
    f.run();
    CHECK(seen.size() == 2);
    f.publish({"c", "d"}, "room.2");
    CHECK(seen == std::vector<std::pair<std::string, std::string>>{
                      {"room.1", "a"}, {"room.1", "b"}, {"room.2", "c"}, {"room.2", "d"}});
    CHECK(f.bus.statistics().delivered == 4);
    CHECK(f.bus.statistics().pending == 0);
    CHECK(f.bus.statistics().pending_peak == 2);
}

TEST_CASE("drop_oldest: at the bound the oldest goes, is counted and told") {
    fixture f;
    auto messages = f.bus.subscribe<std::string>("t", {.max_messages = 3});
    f.publish({"1", "2", "3", "4", "5"});
    CHECK(f.take_all(messages) == texts{"3", "4", "5"});
    CHECK(f.bus.statistics().dropped_oldest == 2);
}

TEST_CASE("drop_newest: at the bound what comes goes, is counted and told") {
    fixture f;
    auto messages = f.bus.subscribe<std::string>(
        "t", {.max_messages = 3, .when_full = overflow_policy::drop_newest});
    f.publish({"1", "2", "3", "4", "5"});
    CHECK(f.take_all(messages) == texts{"1", "2", "3"});
    CHECK(f.bus.statistics().dropped_newest == 2);
    f.publish({"6"});
    CHECK(f.take_all(messages) == texts{"6"});
}

TEST_CASE("latest_per_key: the latest of each topic is kept, in the place of the first") {
    fixture f;
    auto messages = f.bus.subscribe<std::string>(hubbub::pattern{"*"},
                                                 {.when_full = overflow_policy::latest_per_key});
    f.publish({"a1"}, "a");
    f.publish({"b1", "b2"}, "b");
    f.publish({"a2", "a3"}, "a");
    CHECK(f.take_all(messages) == texts{"a3", "b2"});
    CHECK(f.bus.statistics().superseded == 3);
    f.publish({"a4"}, "a");
    CHECK(f.take_all(messages) == texts{"a4"});
}

TEST_CASE("latest_per_key goes by a key of the user's own, and too many keys drop the oldest") {
    fixture f;
    auto messages = f.bus.subscribe<std::string>(
        "t", {.max_messages = 2,
              .when_full = overflow_policy::latest_per_key,
              .key = [](std::string_view, std::string const& m) { return m.substr(0, 1); }});
    f.publish({"a1", "b1", "a2", "c1", "b2"});
    CHECK(f.take_all(messages) == texts{"b2", "c1"});
    auto const s = f.bus.statistics();
    CHECK(s.superseded == 2);
    CHECK(s.dropped_oldest == 1);
}

TEST_CASE("a key that throws fails the message, as a sink does") {
    fixture f;
    auto messages = f.bus.subscribe<std::string>(
        "t", {.when_full = overflow_policy::latest_per_key,
              .key = [](std::string_view, std::string const& m) -> std::string {
                  if (m == "bad")
                      throw std::runtime_error("no key");
                  return m;
              }});
    f.publish({"good", "bad"});
    CHECK(f.take_all(messages) == texts{"good"});
    CHECK(f.failures == 1);
}

TEST_CASE("disconnect: what was queued is handed out, then slow_consumer, and others go on") {
    fixture f;
    auto slow = f.bus.subscribe<std::string>(
        "t", {.max_messages = 2, .when_full = overflow_policy::disconnect});
    texts other;
    auto const s =
        f.bus.subscribe<std::string>("t", [&](std::string const& m) { other.push_back(m); });
    f.publish({"1", "2", "3", "4"});
    CHECK(f.disconnected == texts{"t"});
    CHECK(!slow);
    CHECK(f.take_all(slow) == texts{"1", "2"});
    CHECK(f.last_error == errc::slow_consumer);
    CHECK(other == texts{"1", "2", "3", "4"});
    CHECK(f.bus.statistics().disconnected == 1);
}

TEST_CASE("disconnect: who waits while the queue is overrun gets his messages, and then the end") {
    fixture f;
    auto slow = f.bus.subscribe<std::string>(
        "t", {.max_messages = 2, .max_bytes = 20, .when_full = overflow_policy::disconnect});
    texts seen;
    std::vector<std::error_code> ends;
    for (int i = 0; i < 3; ++i)
        slow.async_receive([&](std::error_code error, queued_message<std::string> r) {
            error ? ends.push_back(error) : seen.push_back(r.message);
        });
    SUBCASE("at once, by a message that never fits") {
        f.publish({"1", "2", std::string(20, 'x')});
        CHECK(ends == std::vector<std::error_code>{errc::slow_consumer});
    }
    SUBCASE("when what is queued has been handed out") {
        f.publish({"1", "2", "3", "4", "5", "6"});
        CHECK(seen.back() == "3");
        CHECK(f.take_all(slow) == texts{"4", "5"});
        CHECK(f.last_error == errc::slow_consumer);
        seen.pop_back();
    }
    CHECK(seen == texts{"1", "2"});
    CHECK(f.disconnected == texts{"t"});
    CHECK(!slow);
}

TEST_CASE("the bound in bytes counts payloads and topics, and one that never fits is dropped") {
    fixture f;
    auto messages = f.bus.subscribe<std::string>("t", {.max_bytes = 20});
    f.publish({std::string(9, 'a'), std::string(9, 'b'), std::string(9, 'c')});
    CHECK(f.take_all(messages) == texts{std::string(9, 'b'), std::string(9, 'c')});
    f.publish({std::string(20, 'x')});
    CHECK(f.take_all(messages).empty());
    CHECK(f.bus.statistics().dropped_newest == 1);
}

TEST_CASE("a message that never fits drives out none that is there") {
    asio::io_context io;
    auto const report = std::make_shared<hubbub::detail::bus_report>(io.get_executor());
    auto const budget = std::make_shared<hubbub::memory_budget>(100);
    hubbub::queue_options<std::string> options{.max_bytes = 20};
    std::size_t others = 0;
    SUBCASE("drop_oldest") {}
    SUBCASE("latest_per_key") {
        options.when_full = overflow_policy::latest_per_key;
        options.key = [](auto, std::string const& m) { return m; };
    }
    SUBCASE("where others have used up the budget that it would take") {
        options.max_bytes = 1000;
        others = 90;
    }
    REQUIRE(budget->try_take(others));
    hubbub::detail::message_queue<std::string> queue(options, report, budget);
    for (auto const* const text : {"1", "2", "a message that never fits"})
        CHECK(queue.push("t", text, std::string_view(text).size()));
    CHECK(queue.take()->message == "1");
    CHECK(queue.take()->message == "2");
    CHECK(queue.empty());
    CHECK(report->dropped_oldest.get() == 0);
    CHECK(report->dropped_newest.get() == 1);
}

namespace {

/// A message of which a copy is an occasion for something.
struct observed_copy {
    observed_copy() = default;
    observed_copy(observed_copy const& other) : on_copy(other.on_copy) {
        if (on_copy)
            on_copy();
    }
    observed_copy(observed_copy&&) = default;
    observed_copy& operator=(observed_copy const&) = default;
    observed_copy& operator=(observed_copy&&) = default;
    std::function<void()> on_copy;
};

} // namespace

TEST_CASE("no lock is held while a message is copied into a queue") {
    asio::io_context io;
    auto const report = std::make_shared<hubbub::detail::bus_report>(io.get_executor());
    hubbub::detail::message_queue<observed_copy> queue({}, report, nullptr);
    std::vector<std::future<bool>> asked; // outlive the lock, if there is one
    bool answered = false;
    observed_copy message;
    message.on_copy = [&] {
        asked.push_back(std::async(std::launch::async, [&] { return queue.empty(); }));
        answered = asked.back().wait_for(std::chrono::seconds(10)) == std::future_status::ready;
    };
    CHECK(queue.push("t", message, 1));
    CHECK(answered);
}

TEST_CASE("a memory budget bounds all queues of a transport together") {
    auto const budget = std::make_shared<hubbub::memory_budget>(130);
    {
        fixture f({.budget = budget});
        auto first = f.bus.subscribe<std::string>("t", {});
        auto second = f.bus.subscribe<std::string>("t", {});
        f.publish({std::string(39, 'a')}); // of 40 bytes, once in each queue
        CHECK(budget->used() == 80);
        f.publish({std::string(39, 'b')}); // there is room for three of the four
        CHECK(budget->used() == 120);
        CHECK(f.bus.statistics().dropped_oldest == 1);
        f.take_all(first);
        f.take_all(second);
        CHECK(budget->used() == 0);
        f.publish({std::string(39, 'c')});
    }
    CHECK(budget->used() == 0); // whoever had some is gone
}

TEST_CASE("async_receive that is cancelled takes no message with it") {
    fixture f;
    auto messages = f.bus.subscribe<std::string>("t", {});
    asio::cancellation_signal stop;
    std::vector<std::error_code> ends;
    messages.async_receive(asio::bind_cancellation_slot(
        stop.slot(), [&](std::error_code e, queued_message<std::string>) { ends.push_back(e); }));
    f.run();
    stop.emit(asio::cancellation_type::total);
    f.run();
    CHECK(ends == std::vector<std::error_code>{asio::error::operation_aborted});
    stop.emit(asio::cancellation_type::total); // too late for anything
    f.publish({"1"});
    CHECK(f.take_all(messages) == texts{"1"});
}

TEST_CASE("a signal stops the async_receive it is of, and not a later one") {
    fixture f;
    auto messages = f.bus.subscribe<std::string>("t", {});
    asio::cancellation_signal stop;
    texts seen;
    auto const keep = [&](std::error_code error, queued_message<std::string> r) {
        seen.push_back(error ? error.message() : r.message);
    };
    SUBCASE("when its handler has run") {
        messages.async_receive(asio::bind_cancellation_slot(stop.slot(), keep));
        f.publish({"1"});
        CHECK(seen == texts{"1"});
        messages.async_receive(keep);
    }
    SUBCASE("when its handler is about to run") {
        f.publish({"1"});
        messages.async_receive(asio::bind_cancellation_slot(stop.slot(), keep));
        messages.async_receive(keep);
        CHECK(seen.empty());
    }
    stop.emit(asio::cancellation_type::all);
    f.publish({"2"});
    CHECK(seen == texts{"1", "2"});
}

TEST_CASE("async_receive ends as closed with its receiver, and with the bus") {
    fixture f;
    auto messages = f.bus.subscribe<std::string>("t", {});
    std::vector<std::error_code> ends;
    auto const keep = [&](std::error_code e, queued_message<std::string>) { ends.push_back(e); };
    SUBCASE("with the receiver: what is queued is abandoned") {
        f.publish({"left behind"});
        CHECK(f.take_all(messages).size() == 1);
        f.publish({"left behind"});
        messages.reset();
        CHECK(f.bus.statistics().abandoned == 1);
        messages.async_receive(keep);
        f.run();
        CHECK(ends == std::vector<std::error_code>{errc::closed});
    }
    SUBCASE("with the bus: what is queued can still be had") {
        texts left;
        {
            fixture other;
            auto survivor = other.bus.subscribe<std::string>("t", {});
            other.publish({"last words"});
            other.holder.reset();
            survivor.async_receive([&](std::error_code error, queued_message<std::string> r) {
                CHECK(!error);
                left.push_back(r.message);
            });
            survivor.async_receive(keep);
            other.run();
            other.holder.emplace(other.transport); // for the check at the end
        }
        CHECK(left == texts{"last words"});
        CHECK(ends == std::vector<std::error_code>{errc::closed});
    }
}

TEST_CASE("a receiver that is refused says why, at once and to who receives") {
    fixture f;
    std::error_code error;
    auto none = f.bus.subscribe<std::string>("", {}, error);
    CHECK(error == errc::empty_name);
    CHECK(!none);
    CHECK(f.take_all(none).empty());
    CHECK(f.last_error == errc::empty_name);
    CHECK_THROWS_AS(static_cast<void>(f.bus.subscribe<std::string>("", {})), std::system_error);
}

} // namespace queue_test
