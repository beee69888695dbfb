// SPDX-License-Identifier: MIT
#include <hubbub/bus.hpp>
#include <hubbub/memory_budget.hpp>
#include <hubbub/serializer/in_place.hpp>

#include "support/local_bus.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

namespace bus_core_test {

// What other rooms get of a bus: bytes and objects, without its types.

using hubbub::errc;
using hubbub::message_view;
using hubbub::subscription;
using hubbub::detail::bus_core;
using namespace std::chrono_literals;
using texts = std::vector<std::string>;

namespace {

struct fixture : support::local_bus<> {
    explicit fixture(hubbub::message_limits const& limits = {})
        : local_bus(support::delivery_mode::executor, limits), core(hubbub::detail::core_of(bus)) {}

    /// Notes name in ends, with what the operation ended with if it failed.
    hubbub::publish_completion ended(std::string name) {
        return {core->executor(),
                [this, name = std::move(name)](std::error_code e, hubbub::receiver_count) {
                    ends.push_back(name + (e ? ": " + e.message() : ""));
                }};
    }

    bus_core::subscription_completion subscribed() {
        return {core->executor(), [this](std::error_code error, subscription s) {
                    refused = error;
                    kept = std::move(s);
                }};
    }

    /// Notes what came.
    hubbub::detail::raw_sink noting() {
        return [this](message_view const& m) -> std::error_code {
            got.push_back(std::string(m.topic) + "=" + std::string(m.payload));
            return {};
        };
    }

    std::shared_ptr<bus_core> core;
    texts ends;
    texts got;
    std::error_code refused;
    subscription kept;
};

} // namespace

TEST_CASE("bytes are published, and come as they were, on a topic and on a pattern") {
    fixture f;
    f.core->async_subscribe("a", f.noting(), f.subscribed());
    f.run();
    REQUIRE(f.kept);
    auto const all = std::exchange(f.kept, {});
    f.core->async_subscribe(hubbub::pattern{"*"}, f.noting(), f.subscribed());
    f.run();
    CHECK(!f.core->publish({"a", "1"}, f.ended("a")));
    CHECK(!f.bus.publish("b", "2"));
    f.run();
    CHECK(f.got == texts{"a=1", "a=1", "b=2"});
    CHECK(f.ends == texts{"a"});
    auto const s = f.bus.statistics();
    CHECK(s.delivered == 3);
    CHECK(s.received_bytes == 3);
    CHECK(f.core->transport_id() == &f.transport.limits());
}

TEST_CASE("what a raw sink calls malformed, and what it throws, is counted and told") {
    fixture f;
    texts told;
    f.bus.set_observer([&](hubbub::event const& e) {
        if (auto const* const m = std::get_if<hubbub::message_malformed>(&e))
            told.push_back(std::string(m->topic) + " " + m->reason.message());
        if (auto const* const m = std::get_if<hubbub::sink_failed>(&e))
            told.push_back(std::string(m->topic) + " failed");
    });
    f.core->async_subscribe(
        "t",
        [](message_view const& m) -> std::error_code {
            if (m.payload == "throw")
                throw std::runtime_error("thrown");
            return m.payload == "bad" ? make_error_code(errc::malformed_payload)
                                      : std::error_code{};
        },
        f.subscribed());
    f.run();
    for (auto const* const text : {"good", "bad", "throw"})
        CHECK(!f.bus.publish("t", std::string_view(text)));
    f.run();
    CHECK(told == texts{"t " + make_error_code(errc::malformed_payload).message(), "t failed"});
    auto const s = f.bus.statistics();
    CHECK(s.delivered == 1);
    CHECK(s.malformed == 1);
    CHECK(s.failed == 1);
    CHECK(s.received == 3);
    CHECK(s.received_bytes == 9); // not of what is malformed
}

TEST_CASE("a raw subscription ends with its object, and says why it is refused") {
    fixture f;
    f.core->async_subscribe("t", f.noting(), f.subscribed());
    f.run();
    f.kept.reset();
    CHECK(!f.bus.publish("t", "1"));
    f.run();
    CHECK(f.got.empty());

    f.core->async_subscribe("", f.noting(), f.subscribed());
    f.run();
    CHECK(f.refused == errc::empty_name);
    CHECK(!f.kept);

    f.core->async_subscribe("t", f.noting(), f.subscribed());
    f.holder.reset(); // before the handler runs
    f.run();
    CHECK(f.refused == errc::closed);
    CHECK(!f.kept);
    f.core->async_subscribe("t", f.noting(), f.subscribed());
    f.run();
    CHECK(f.refused == errc::closed);
}

TEST_CASE("an object is shared with all that get it, and copied by none") {
    support::local_bus<hubbub::in_place_serializer> f;
    auto const core = hubbub::detail::core_of(f.bus);
    auto const object = std::make_shared<std::string>("object");
    std::vector<void const*> seen;
    subscription kept;
    core->async_subscribe(
        "t",
        [&](message_view const& m) -> std::error_code {
            seen.push_back(m.object.get<std::string>());
            return {};
        },
        {core->executor(), [&](std::error_code, subscription s) { kept = std::move(s); }});
    auto const typed =
        f.bus.subscribe<std::string>("t", [&](std::string const& text) { seen.push_back(&text); });
    f.run();
    core->publish_patiently("t", {object, hubbub::object_view::copied(*object), true},
                            std::chrono::milliseconds::max(), {});
    f.run();
    CHECK(seen == std::vector<void const*>{object.get(), object.get()});
}

TEST_CASE("a second core on the transport has a patience of its own") {
    fixture f({.max_queue_messages = 1});
    auto const other = f.core->another();
    f.core->publish_patiently("t", std::string("1"), std::chrono::milliseconds::max(),
                              f.ended("1"));
    f.core->publish_patiently("t", std::string("2"), std::chrono::milliseconds::max(),
                              f.ended("2"));
    CHECK(f.core->publish({"t", "3"}) == errc::queue_full);
    CHECK(!other->refuses());
    CHECK(other->transport_id() == f.core->transport_id());
    f.run();
    CHECK(f.ends == texts{"1", "2"});
    CHECK(!other->publish({"t", "4"}, f.ended("4")));
    f.run();
    CHECK(f.ends == texts{"1", "2", "4"});
    other->close();
    other->publish_patiently("t", std::string("5"), std::chrono::milliseconds::max(), f.ended("5"));
    f.run();
    CHECK(f.ends.back() == "5: " + make_error_code(errc::closed).message());
}

} // namespace bus_core_test
