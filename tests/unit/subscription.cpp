// SPDX-License-Identifier: MIT
#include <hubbub/subscription.hpp>

#include "support/local_bus.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace subscription_test {

using hubbub::subscription;
using support::delivery_mode;
using support::local_bus;

static_assert(std::is_nothrow_move_constructible_v<subscription>);
static_assert(std::is_nothrow_move_assignable_v<subscription>);
static_assert(!std::is_copy_constructible_v<subscription>);

namespace {

/// A bus whose messages on a topic are written down with the name of the sink.
struct logged : local_bus<> {
    using local_bus::local_bus;

    subscription log_as(std::string name) {
        return bus.subscribe<std::string>(
            "t", [this, name = std::move(name)](auto const& m) { log += name + m + " "; });
    }

    std::string publish(std::string const& message) {
        (void)bus.publish("t", message);
        run();
        return std::exchange(log, {});
    }

    std::string log;
};

constexpr delivery_mode modes[] = {delivery_mode::executor, delivery_mode::immediate};

} // namespace

TEST_CASE("a subscription says whether it keeps a sink, and ends when it is reset or destroyed") {
    logged f;
    subscription none;
    CHECK(!none);
    none.reset();

    auto a = f.log_as("a");
    CHECK(a);
    {
        auto const b = f.log_as("b");
        CHECK(f.publish("1") == "a1 b1 ");
    }
    CHECK(f.publish("2") == "a2 ");
    a.reset();
    CHECK(!a);
    a.reset();
    CHECK(f.publish("3").empty());
}

TEST_CASE("a subscription that is moved keeps its sink") {
    logged f;
    auto a = f.log_as("a");
    subscription moved = std::move(a);
    CHECK(!a); // NOLINT(bugprone-use-after-move): that is what is tested
    CHECK(moved);
    a.reset();
    CHECK(f.publish("1") == "a1 ");

    subscription assigned;
    assigned = std::move(moved);
    CHECK(f.publish("2") == "a2 ");
    assigned = f.log_as("b"); // which ends the one before it
    CHECK(f.publish("3") == "b3 ");
    assigned = {};
    CHECK(f.publish("4").empty());
}

TEST_CASE("a subscription that is assigned to itself stays as it is") {
    logged f;
    auto a = f.log_as("a");
    auto& same = a;
    a = std::move(same);
    CHECK(a);
    CHECK(f.publish("1") == "a1 ");
}

TEST_CASE("subscriptions may be kept in a container, and removed from its middle") {
    logged f;
    std::vector<subscription> all;
    for (int i = 0; i < 5; ++i)
        all.push_back(f.log_as(std::to_string(i) + "."));
    all.erase(all.begin() + 2);
    CHECK(f.publish("x") == "0.x 1.x 3.x 4.x ");
}

TEST_CASE("a message on its way when a subscription is reset does not reach its sink") {
    logged f;
    auto a = f.log_as("a");
    CHECK(!f.bus.publish("t", "1"));
    a.reset();
    f.run();
    CHECK(f.log.empty());
}

TEST_CASE("a sink may reset its own subscription, and what it captured lives until it returns") {
    for (auto const mode : modes) {
        logged f(mode);
        subscription self;
        self = f.bus.subscribe<std::string>(
            "t", [&f, &self, kept = std::make_shared<std::string>("alive")](auto const&) {
                self.reset();
                f.log += *kept;
            });
        CHECK(f.publish("1") == "alive");
        CHECK(f.publish("2").empty());
    }
}

TEST_CASE("a sink may reset another subscription, whose sink does not start again") {
    for (auto const mode : modes) {
        logged f(mode);
        subscription later;
        auto const first = f.bus.subscribe<std::string>("t", [&](auto const&) { later.reset(); });
        later = f.log_as("later");
        CHECK(f.publish("1").empty());
    }
}

TEST_CASE("a sink may subscribe, and the new sink gets the next message") {
    for (auto const mode : modes) {
        logged f(mode);
        subscription added;
        auto const first = f.bus.subscribe<std::string>("t", [&](auto const&) {
            if (!added)
                added = f.log_as("added");
        });
        CHECK(f.publish("1").empty());
        CHECK(f.publish("2") == "added2 ");
    }
}

TEST_CASE("a sink's publish is delivered after the message at hand has reached all its sinks") {
    for (auto const mode : modes) {
        logged f(mode);
        auto const first = f.bus.subscribe<std::string>("t", [&](auto const& m) {
            f.log += "first" + m + " ";
            if (m == "1") {
                (void)f.bus.publish("t", "2");
                (void)f.bus.publish("t", "3");
            }
        });
        auto const second = f.log_as("second");
        CHECK(f.publish("1") == "first1 second1 first2 second2 first3 second3 ");
    }
}

TEST_CASE("what a sink captured is destroyed with its subscription") {
    logged f;
    auto const token = std::make_shared<int>(1);
    auto s = f.bus.subscribe<std::string>("t", [token](auto const&) {});
    CHECK(token.use_count() == 2);
    s.reset();
    CHECK(token.use_count() == 1);
}

TEST_CASE("the destructor of a sink may use the bus, and end other subscriptions") {
    struct guard {
        ~guard() {
            if (f != nullptr) {
                (void)f->bus.publish("t", "from the destructor");
                other->reset();
            }
        }
        guard(logged& l, subscription& s) : f(&l), other(&s) {}
        guard(guard&& g) noexcept : f(std::exchange(g.f, nullptr)), other(g.other) {}
        logged* f;
        subscription* other;
    };
    logged f;
    auto other = f.log_as("other");
    auto const stays = f.log_as("stays");
    auto s = f.bus.subscribe<std::string>("t", [g = guard(f, other)](auto const&) {});
    s.reset();
    f.run();
    CHECK(f.log == "staysfrom the destructor ");
}

TEST_CASE("a subscription may outlive the bus, and then does nothing") {
    for (auto const mode : modes) {
        logged f(mode);
        auto a = f.log_as("a");
        (void)f.bus.publish("t", "1");
        f.run();
        (void)f.bus.publish("t", "2");
        f.holder.reset();
        f.run();
        CHECK(f.log == (mode == delivery_mode::immediate ? "a1 a2 " : "a1 "));
        CHECK(!a); // it keeps nothing subscribed
        a.reset();
        CHECK(!a);
    }
}

TEST_CASE("a subscription may outlive the transport too") {
    auto f = std::make_unique<logged>();
    auto a = f->log_as("a");
    f.reset();
    a.reset();
    CHECK(!a);
}

TEST_CASE("a sink may destroy the bus, whose other sinks do not start again") {
    for (auto const mode : modes) {
        logged f(mode);
        auto const first = f.bus.subscribe<std::string>("t", [&](auto const&) {
            f.log += "first ";
            f.holder.reset();
        });
        auto const second = f.log_as("second");
        hubbub::bus other(f.transport, hubbub::text_serializer{});
        auto const third =
            other.subscribe<std::string>("t", [&](auto const& m) { f.log += "other" + m; });
        (void)other.publish("t", "1");
        f.run();
        CHECK(f.log == "first other1");
    }
}

TEST_CASE("a sink may destroy the bus and its own subscription") {
    for (auto const mode : modes) {
        logged f(mode);
        std::optional<subscription> self;
        self = f.bus.subscribe<std::string>(
            "t", [&f, &self, text = std::make_unique<std::string>("alive")](auto const&) {
                f.holder.reset();
                self.reset();
                f.log += *text;
            });
        (void)f.bus.publish("t", "1");
        f.run();
        CHECK(f.log == "alive");
    }
}

TEST_CASE("subscriptions may be made and ended on one thread while another publishes") {
    logged f(delivery_mode::immediate);
    std::atomic<int> stayed = 0;
    auto const stays = f.bus.subscribe<std::string>("t", [&](auto const&) { ++stayed; });
    constexpr int rounds = 2000;
    std::thread publisher([&] {
        for (int i = 0; i < rounds; ++i)
            (void)f.bus.publish("t", "x");
    });
    std::atomic<int> passed = 0;
    for (int i = 0; i < rounds; ++i) {
        auto const a = f.bus.subscribe<std::string>("t", [&](auto const&) { ++passed; });
        auto const b = f.bus.subscribe<std::string_view>("t", [&](auto const&) { ++passed; });
    }
    publisher.join();
    CHECK(stayed == rounds);
    CHECK(passed <= 2 * rounds);
}

TEST_CASE("a bus may be destroyed on one thread while subscriptions end on another") {
    for (int i = 0; i < 200; ++i) {
        logged f;
        std::vector<subscription> all;
        for (int n = 0; n < 20; ++n)
            all.push_back(f.log_as("x"));
        std::thread ender([&] { all.clear(); });
        f.holder.reset();
        ender.join();
    }
}

} // namespace subscription_test
