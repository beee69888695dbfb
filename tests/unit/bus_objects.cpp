// SPDX-License-Identifier: MIT
#include <hubbub/serializer/in_place.hpp>

#include "support/local_bus.hpp"

#include <doctest/doctest.h>

#include <asio/detached.hpp>

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace bus_objects_test {

// A bus that carries objects without encoding them.

using hubbub::errc;
using hubbub::in_place_serializer;
using hubbub::pattern;
using support::delivery_mode;

namespace {

using object_bus = support::local_bus<in_place_serializer>;

/// Counts what is done with it and all that come from it.
struct counted {
    struct counts {
        int copies = 0;
        int moves = 0;
        bool operator==(counts const&) const = default;
    };

    explicit counted(counts& c) : count(&c) {}
    counted(counted const& other) : count(other.count) { ++count->copies; }
    counted(counted&& other) noexcept : count(other.count) { ++count->moves; }
    counted& operator=(counted const&) = delete;
    counted& operator=(counted&&) = delete;
    ~counted() = default;

    counts* count;
};

/// Cannot be copied while it is broken.
struct fragile {
    explicit fragile(bool const& b) : broken(&b) {}
    fragile(fragile const& other) : broken(other.broken) {
        if (*broken)
            throw std::runtime_error("broken");
    }
    fragile& operator=(fragile const&) = delete;
    ~fragile() = default;

    bool const* broken;
};

struct point {
    int x;
    int y;
};

} // namespace

TEST_CASE("an object that throws when it is copied ends its own publish, and no other") {
    object_bus f(delivery_mode::immediate);
    hubbub::local_transport transport(f.io.get_executor(), f.broker);
    hubbub::bus elsewhere(transport, in_place_serializer{});
    int here = 0;
    int there = 0;
    auto const a = f.bus.subscribe<fragile>("t", [&](fragile const&) { ++here; });
    auto const b = elsewhere.subscribe<fragile>("t", [&](fragile const&) { ++there; });
    bool broken = true;
    fragile const object(broken);
    CHECK_THROWS_AS((void)f.bus.publish("t", object), std::runtime_error);
    CHECK_THROWS_AS((void)elsewhere.publish("t", object), std::runtime_error);
    broken = false;
    CHECK(!f.bus.publish("t", object));
    CHECK(here == 1); // at once, as ever
    CHECK(!elsewhere.publish("t", object));
    f.run();
    CHECK(here == 2);
    CHECK(there == 2);
    CHECK(elsewhere.statistics().queued == 0);
    CHECK(elsewhere.statistics().refused == 1);
}

TEST_CASE("delivered immediately, the sink gets the very object that was published") {
    object_bus f(delivery_mode::immediate);
    counted::counts count;
    counted const object(count);
    std::vector<counted const*> seen;
    auto const a = f.bus.subscribe<counted>("t", [&](counted const& c) { seen.push_back(&c); });
    auto const b =
        f.bus.subscribe<counted>(pattern{"*"}, [&](counted const& c) { seen.push_back(&c); });
    CHECK(!f.bus.publish("t", object));
    CHECK(seen == std::vector{&object, &object});
    CHECK(count == counted::counts{0, 0});

    counted movable(count);
    seen.clear();
    CHECK(!f.bus.publish("t", std::move(movable)));
    CHECK(seen == std::vector<counted const*>{&movable, &movable});
    CHECK(count == counted::counts{0, 0}); // nobody had to keep it
}

TEST_CASE("delivered later, an object is copied once, or moved once, whoever gets it") {
    object_bus f;
    std::vector<counted const*> seen;
    auto const look = [&](counted const& c) { seen.push_back(&c); };
    auto const a = f.bus.subscribe<counted>("t", look);
    auto const b = f.bus.subscribe<counted>("t", look);
    auto const c = f.bus.subscribe<counted>(pattern{"*"}, look);
    hubbub::local_transport elsewhere(f.io.get_executor(), f.broker);
    hubbub::bus other(elsewhere, in_place_serializer{});
    auto const d = other.subscribe<counted>("t", look);

    counted::counts count;
    counted object(count);
    counted const constant(count);
    auto const publish = [&](auto&& message) {
        count = {};
        seen.clear();
        CHECK(!f.bus.publish("t", std::forward<decltype(message)>(message)));
        f.run();
        REQUIRE(seen.size() == 4);
        for (auto const* const one : seen)
            CHECK(one == seen.front());
        return count;
    };
    CHECK(publish(object) == counted::counts{1, 0});
    CHECK(publish(constant) == counted::counts{1, 0});
    CHECK(publish(std::move(constant)) == counted::counts{1, 0});
    CHECK(publish(std::move(object)) == counted::counts{0, 1});
}

TEST_CASE("an asynchronous publish keeps the object from the start") {
    object_bus f;
    counted::counts count;
    int calls = 0;
    auto const s = f.bus.subscribe<counted>("t", [&](counted const&) { ++calls; });
    counted object(count);
    f.bus.async_publish("t", object, asio::detached);
    CHECK(count.copies == 1);
    f.bus.async_publish("t", std::move(object), asio::detached);
    f.run();
    CHECK(calls == 2);
    CHECK(count.copies == 1);
}

TEST_CASE("an object that can only be moved is published by moving it in") {
    for (auto const mode : {delivery_mode::executor, delivery_mode::immediate}) {
        object_bus f(mode);
        std::string log;
        auto const s = f.bus.subscribe<std::unique_ptr<std::string>>(
            "t", [&](auto const& text) { log += *text; });
        CHECK(!f.bus.publish("t", std::make_unique<std::string>("a")));
        auto named = std::make_unique<std::string>("b");
        CHECK(!f.bus.publish("t", std::move(named)));
        f.bus.async_publish("t", std::make_unique<std::string>("c"), asio::detached);
        f.run();
        CHECK(log == "abc");
    }
}

TEST_CASE("a type needs neither a default constructor nor anything else") {
    struct odd {
        explicit odd(int n) : number(n) {}
        odd(odd const&) = default;
        int number;
    };
    object_bus f;
    int got = 0;
    auto const s = f.bus.subscribe<odd>("t", [&](odd const& o) { got = o.number; });
    CHECK(!f.bus.publish("t", odd(7)));
    f.run();
    CHECK(got == 7);
}

TEST_CASE("an object of another type counts as malformed, and the others go on") {
    for (auto const mode : {delivery_mode::executor, delivery_mode::immediate}) {
        object_bus f(mode);
        int points = 0;
        std::string texts;
        std::vector<std::string> told;
        f.bus.set_observer([&](hubbub::event const& e) {
            auto const& malformed = std::get<hubbub::message_malformed>(e);
            CHECK(malformed.reason == errc::malformed_payload);
            told.emplace_back(malformed.topic);
        });
        auto const a = f.bus.subscribe<point>("t", [&](point const& p) { points += p.x + p.y; });
        auto const b = f.bus.subscribe<std::string>("t", [&](auto const& text) { texts += text; });
        (void)f.bus.publish("t", point{1, 2});
        (void)f.bus.publish("t", std::string("a"));
        (void)f.bus.publish("t", 3.0);
        f.run();
        CHECK(points == 3);
        CHECK(texts == "a");
        CHECK(told == std::vector<std::string>(4, "t"));
        auto const s = f.bus.statistics();
        CHECK(s.malformed == 4);
        CHECK(s.delivered == 2);
        CHECK(s.received == 6);
    }
}

TEST_CASE("bytes and objects on one topic are malformed to each other's subscribers") {
    object_bus f;
    hubbub::bus texts(f.transport, hubbub::text_serializer{});
    std::string as_object;
    std::string as_text;
    auto const a = f.bus.subscribe<std::string>("t", [&](auto const& m) { as_object += m; });
    auto const b = texts.subscribe<std::string>("t", [&](auto const& m) { as_text += m; });
    CHECK(!f.bus.publish("t", std::string("object")));
    CHECK(!texts.publish("t", std::string("text")));
    f.run();
    CHECK(as_object == "object");
    CHECK(as_text == "text");
    CHECK(f.bus.statistics().malformed == 1);
    CHECK(texts.statistics().malformed == 1);
}

TEST_CASE("an object published from inside a sink is delivered as it was then") {
    for (auto const mode : {delivery_mode::executor, delivery_mode::immediate}) {
        object_bus f(mode);
        std::vector<int> got;
        auto const s = f.bus.subscribe<int>("t", [&](int n) {
            got.push_back(n);
            if (n > 0) {
                int next = n - 1;
                (void)f.bus.publish("t", next);
                next = 100;
            }
        });
        (void)f.bus.publish("t", 2);
        f.run();
        CHECK(got == std::vector{2, 1, 0});
    }
}

} // namespace bus_objects_test
