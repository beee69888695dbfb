// SPDX-License-Identifier: MIT
#include "support/allocations.hpp"

#include "support/local_bus.hpp"
#include "support/replies.hpp"
#include "support/subscribing.hpp"

#include <hubbub/flow/topic_table.hpp>
#include <hubbub/redis/command.hpp>
#include <hubbub/redis/publish_queue.hpp>
#include <hubbub/redis/resp.hpp>
#include <hubbub/serializer/in_place.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <system_error>

namespace allocations_test {

// What must not allocate, what must not grow, and what must hold when there is no memory.

using namespace std::chrono_literals;
using hubbub::redis::reply;
using support::delivery_mode;

namespace {

struct counting_sink final : hubbub::message_sink {
    void deliver(hubbub::message_view const& message) noexcept override {
        bytes += message.topic.size() + message.payload.size();
    }
    std::size_t bytes = 0;
};

/// Delivers what comes from Redis, as a transport does.
struct receiver final : hubbub::redis::reply_handler {
    void on_reply(reply const& r) noexcept override {
        auto const& e = r.elements;
        if (e.size() == 3)
            table.deliver(e[1].text, false, {e[1].text, e[2].text, {}});
        else
            table.deliver(e[1].text, true, {e[2].text, e[3].text, {}});
    }
    hubbub::detail::topic_table table;
};

std::string bulk(std::string_view text) {
    return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
}

/// How many allocations f makes when it is called for the second time.
template <class F>
std::size_t allocations_once_warm(F f) {
    f();
    auto const before = support::allocations();
    f();
    return support::allocations() - before;
}

} // namespace

TEST_CASE("allocations are counted at all" * doctest::skip(!support::counts_allocations)) {
    CHECK(allocations_once_warm([] { delete new int(1); }) == 1);
    auto const live = support::live_allocations();
    auto const kept = std::make_unique<int>(1);
    CHECK(support::live_allocations() == live + 1);
}

TEST_CASE("a message from Redis allocates nothing on its way from the bytes to the sink") {
    receiver target;
    auto const sink = std::make_shared<counting_sink>();
    std::string const topic = "Chat:a.topic.of.some.length"; // longer than a std::string holds
    std::string const glob = "Chat:a.topic.of.some.*";
    target.table.add(topic, sink);
    target.table.add(hubbub::pattern{glob}, sink);
    hubbub::redis::resp_reader reader(target, std::size_t{1} << 20);

    std::string const messages = "*3\r\n$7\r\nmessage\r\n" + bulk(topic) +
                                 bulk(std::string(32, 'x')) + "*4\r\n$8\r\npmessage\r\n" +
                                 bulk(glob) + bulk(topic) + bulk(std::string(5000, 'y'));
    for (std::size_t const step : {messages.size(), std::size_t{7}, std::size_t{1}}) {
        CAPTURE(step);
        CHECK(allocations_once_warm([&] {
                  for (int i = 0; i < 10; ++i)
                      for (std::size_t at = 0; at < messages.size(); at += step)
                          REQUIRE(!reader.feed(std::string_view(messages).substr(at, step)));
              }) == 0);
    }
    CHECK(sink->bytes == 3 * 2 * 10 * (2 * topic.size() + 32 + 5000));
}

TEST_CASE("an immediate delivery allocates nothing, of bytes as of objects") {
    support::local_bus texts(delivery_mode::immediate);
    std::size_t bytes = 0;
    auto const a = texts.bus.subscribe<std::string_view>(
        "a.topic.of.some.length", [&](std::string_view text) { bytes += text.size(); });
    CHECK(allocations_once_warm([&] {
              (void)texts.bus.publish("a.topic.of.some.length",
                                      "a text of more than sixteen bytes");
          }) == 0);
    CHECK(bytes == 66);

    support::local_bus<hubbub::in_place_serializer> objects(delivery_mode::immediate);
    auto const b = objects.bus.subscribe<std::string>(
        "a.topic.of.some.length", [&](std::string const& text) { bytes += text.size(); });
    std::string const text(100, 'x');
    CHECK(allocations_once_warm(
              [&] { (void)objects.bus.publish("a.topic.of.some.length", text); }) == 0);
    CHECK(bytes == 266);
}

TEST_CASE("an encoding uses one buffer again and again") {
    support::local_bus<support::small_number_serializer> f(delivery_mode::immediate);
    int sum = 0;
    auto const s = f.bus.subscribe<int>("t", [&](int n) { sum += n; });
    CHECK(allocations_once_warm([&] { (void)f.bus.publish("t", 21); }) == 0);
    CHECK(sum == 42);
}

TEST_CASE("names that come and go leave nothing behind") {
    support::subscribing f;
    f.set.on_run();
    f.set.want("stays", {});
    f.settle();

    auto const round = [&](int i, bool refuse, bool waits) {
        auto const name = "a.topic.of.some.length." + std::to_string(i);
        if (refuse)
            f.redis.forbidden = {name};
        f.set.want(name, {});
        if (waits)
            f.settle();
        f.set.unwant(name, f.now);
        if (!waits)
            f.send();
        f.advance(f.linger);
        f.settle();
        f.redis.commands.clear();
        f.redis.forbidden.clear();
    };
    for (bool const refuse : {false, true})
        for (bool const waits : {false, true}) {
            CAPTURE(refuse);
            CAPTURE(waits);
            round(0, refuse, waits);
            auto const before = support::live_allocations();
            for (int i = 1; i < 500; ++i)
                round(i, refuse, waits);
            CHECK(support::live_allocations() < before + 20); // a deque may take a block
        }
    CHECK(f.redis.channels.size() == 1);
}

TEST_CASE("one who comes and goes within the linger takes no memory") {
    support::subscribing f;
    f.set.on_run();
    f.set.want("restless", {});
    f.settle();
    auto const before = support::live_allocations();
    for (int i = 0; i < 10'000; ++i) {
        f.set.unwant("restless", f.now);
        f.advance(f.linger / 2);
        f.set.want("restless", {});
    }
    CHECK(support::live_allocations() < before + 20);
}

TEST_CASE("a publish for which there is no memory leaves the queue in step with Redis" *
          doctest::skip(!support::counts_allocations)) {
    hubbub::message_limits const limits;
    hubbub::detail::publish_ledger ledger;
    hubbub::redis::publish_queue queue(limits, ledger);
    queue.on_run();
    std::string expected;
    int failures = 0;
    for (std::size_t i = 0; i < 1000; ++i) {
        std::string const payload(i, 'x');
        hubbub::publish_completion done;
        auto const messages = queue.messages();
        auto const bytes = queue.bytes();
        std::error_code refused;
        support::next_fails = true;
        try {
            refused = queue.push("", {"t", payload, {}}, done);
        } catch (std::bad_alloc const&) {
            ++failures;
            REQUIRE(queue.messages() == messages);
            REQUIRE(queue.bytes() == bytes);
            refused = queue.push("", {"t", payload, {}}, done);
        }
        support::next_fails = false;
        REQUIRE(!refused);
        hubbub::redis::append_publish(expected, "", "t", payload);
    }
    CHECK(failures > 10); // for an entry or for its bytes
    CHECK(queue.output() == expected);
    queue.wrote(expected.size());
    for (int i = 0; i < 1000; ++i)
        CHECK(!queue.on_reply(support::integer(1)));
    CHECK(queue.messages() == 0);
}

} // namespace allocations_test
