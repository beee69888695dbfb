// SPDX-License-Identifier: MIT
#include <hubbub/bus.hpp>
#include <hubbub/queue.hpp>

#include "support/local_bus.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

namespace bus_test {

using hubbub::errc;
using hubbub::pattern;
using support::delivery_mode;
using support::local_bus;
using support::small_number_serializer;

namespace {

std::string received; // by the free function below

void receive(std::string const& text) {
    received += text;
}

} // namespace

TEST_CASE("a message reaches every sink of its topic, and no other") {
    for (auto const mode : {delivery_mode::executor, delivery_mode::immediate}) {
        local_bus f(mode);
        std::string log;
        auto const a = f.bus.subscribe<std::string>("t", [&](auto const& m) { log += "a" + m; });
        auto const b = f.bus.subscribe<std::string>("t", [&](auto const& m) { log += "b" + m; });
        auto const c = f.bus.subscribe<std::string>("u", [&](auto const& m) { log += "c" + m; });
        CHECK(!f.bus.publish("t", "1"));
        CHECK(!f.bus.publish("u", std::string("2")));
        CHECK(!f.bus.publish("v", std::string_view("3")));
        f.run();
        CHECK(log == "a1b1c2");
    }
}

TEST_CASE("a sink may take the message alone or behind its topic, by reference or by value") {
    local_bus f;
    std::string log;
    received.clear();
    std::vector<hubbub::subscription> all;
    auto const add = [&](auto sink) {
        all.push_back(f.bus.subscribe<std::string>("t", std::move(sink)));
        CHECK(all.back());
    };
    add([&](std::string const& m) { log += "1" + m; });
    add([&](std::string m) { log += "2" + m; });
    add([&](std::string_view m) { log += "3" + std::string(m); });
    add([&](std::string_view topic, std::string const& m) { log += "4" + std::string(topic) + m; });
    add([&](std::string_view topic, std::string m) { log += "5" + std::string(topic) + m; });
    add([&](auto const& topic, auto const& m) { log += "6" + std::string(topic) + m; });
    add([&, calls = 0](std::string const&) mutable { log += "7" + std::to_string(++calls); });
    add([&, text = std::make_unique<std::string>("8")](auto const& m) { log += *text + m; });
    add(receive);
    add(std::function<void(std::string const&)>([&](auto const& m) { log += "9" + m; }));
    CHECK(!f.bus.publish("t", "x"));
    f.run();
    CHECK(log == "1x2x3x4tx5tx6tx718x9x");
    CHECK(received == "x");
}

TEST_CASE("what a sink returns is ignored") {
    local_bus f;
    int calls = 0;
    auto const s = f.bus.subscribe<std::string>("t", [&](auto const&) { return ++calls; });
    CHECK(!f.bus.publish("t", "x"));
    f.run();
    CHECK(calls == 1);
    CHECK(f.bus.statistics().delivered == 1);
}

TEST_CASE("a pattern's sink learns the topic of each message") {
    local_bus f;
    std::string log;
    auto const s = f.bus.subscribe<std::string>(
        pattern{"room.*"},
        [&](std::string_view topic, std::string const& m) { log += std::string(topic) + m + " "; });
    CHECK(!f.bus.publish("room.1", "a"));
    CHECK(!f.bus.publish("hall.1", "b"));
    CHECK(!f.bus.publish("room.2", "c"));
    f.run();
    CHECK(log == "room.1a room.2c ");
}

TEST_CASE("several types may be subscribed to on one topic, as far as the payload decodes") {
    local_bus f;
    std::string as_string;
    std::string as_view;
    std::size_t as_bytes = 0;
    auto const a = f.bus.subscribe<std::string>("t", [&](auto const& m) { as_string = m; });
    auto const b = f.bus.subscribe<std::string_view>("t", [&](auto m) { as_view = m; });
    auto const c =
        f.bus.subscribe<std::vector<std::byte>>("t", [&](auto const& m) { as_bytes = m.size(); });
    CHECK(!f.bus.publish("t", std::string("a\0b", 3)));
    f.run();
    CHECK(as_string == std::string("a\0b", 3));
    CHECK(as_view == as_string);
    CHECK(as_bytes == 3);
    CHECK(!f.bus.publish("t", std::vector<std::byte>(5)));
    f.run();
    CHECK(as_string == std::string(5, '\0'));
    CHECK(as_bytes == 5);
}

TEST_CASE("a payload that does not decode is counted and told, and the stream goes on") {
    local_bus<small_number_serializer> numbers;
    hubbub::bus texts(numbers.transport, hubbub::text_serializer{});
    std::vector<int> got;
    std::string told;
    numbers.bus.set_observer([&](hubbub::event const& e) {
        auto const& malformed = std::get<hubbub::message_malformed>(e);
        told += std::string(malformed.topic) + " " + malformed.reason.message() + ";";
    });
    auto const a = numbers.bus.subscribe<int>("t", [&](int n) { got.push_back(n); });
    auto const b = numbers.bus.subscribe<int>("t", [&](int n) { got.push_back(n); });
    CHECK(!numbers.bus.publish("t", 17));
    CHECK(!texts.publish("t", "seventeen"));
    CHECK(!numbers.bus.publish("t", 18));
    numbers.run();

    CHECK(got == std::vector{17, 17, 18, 18});
    CHECK(told == "t " + make_error_code(errc::malformed_payload).message() + ";"); // decoded once
    auto const s = numbers.bus.statistics();
    CHECK(s.malformed == 2); // one for each subscription
    CHECK(s.delivered == 4);
    CHECK(s.received == 6);
    CHECK(texts.statistics().malformed == 0);
}

TEST_CASE("a message that cannot be encoded is refused, counted, and seen by nobody") {
    local_bus<small_number_serializer> f;
    int calls = 0;
    auto const s = f.bus.subscribe<int>("t", [&](int) { ++calls; });
    CHECK(f.bus.publish("t", 100) == errc::cannot_encode);
    std::error_code error;
    f.bus.async_publish("t", -1, [&](std::error_code e, hubbub::receiver_count) { error = e; });
    CHECK(!f.bus.publish("t", 99));
    f.run();
    CHECK(error == errc::cannot_encode);
    CHECK(calls == 1);

    auto const counted = f.bus.statistics();
    CHECK(counted.published == 3);
    CHECK(counted.refused == 2);
    CHECK(counted.confirmed == 1);
    CHECK(counted.queued == 0);
    CHECK(f.transport.statistics().published == 1); // it never saw the others
}

TEST_CASE("a serializer may publish while it encodes") {
    struct chatty {
        std::error_code encode(std::string const& value, std::string& out) const {
            out += value;
            if (*bus != nullptr && value == "outer")
                (void)(*bus)->publish("t", std::string("inner"));
            return {};
        }
        std::error_code decode(std::string_view bytes, std::string& value) const {
            value = bytes;
            return {};
        }
        std::shared_ptr<hubbub::bus<hubbub::basic_local_transport, chatty>*> bus;
    };
    local_bus f;
    auto const self =
        std::make_shared<hubbub::bus<hubbub::basic_local_transport, chatty>*>(nullptr);
    hubbub::bus bus(f.transport, chatty{self});
    *self = &bus;
    std::string log;
    auto const s = bus.subscribe<std::string>("t", [&](auto const& m) { log += m + " "; });
    for (int i = 0; i < 2; ++i)
        (void)bus.publish("t", std::string("outer"));
    f.run();
    CHECK(log == "inner outer inner outer ");
}

TEST_CASE("a sink that throws is counted and told, and the others get the message") {
    local_bus f;
    std::string log;
    auto const a = f.bus.subscribe<std::string>("t", [&](auto const&) { log += "a"; });
    auto const b = f.bus.subscribe<std::string>(
        "t", [](auto const&) { throw std::runtime_error("as intended"); });
    auto const c = f.bus.subscribe<std::string>("t", [](auto const&) { throw 42; });
    auto const d = f.bus.subscribe<std::string>("t", [&](auto const&) { log += "d"; });
    std::vector<std::string> told;
    f.bus.set_observer([&](hubbub::event const& e) {
        auto const& failed = std::get<hubbub::sink_failed>(e);
        try {
            std::rethrow_exception(failed.exception);
        } catch (std::exception const& x) {
            told.push_back(std::string(failed.topic) + ": " + x.what());
        } catch (int n) {
            told.push_back(std::string(failed.topic) + ": " + std::to_string(n));
        }
    });
    CHECK(!f.bus.publish("t", "x"));
    CHECK(!f.bus.publish("t", "y"));
    f.run();
    CHECK(log == "adad");
    CHECK(told == std::vector<std::string>{"t: as intended", "t: 42", "t: as intended", "t: 42"});
    auto const s = f.bus.statistics();
    CHECK(s.failed == 4);
    CHECK(s.delivered == 4);
    CHECK(s.received == 8);
}

TEST_CASE("a sink that throws with nobody to tell is counted") {
    local_bus f;
    auto const s = f.bus.subscribe<std::string>("t", [](auto const&) { throw 1; });
    CHECK(!f.bus.publish("t", "x"));
    f.run();
    CHECK(f.bus.statistics().failed == 1);
}

TEST_CASE("set_observer replaces the observer before it, also from inside it") {
    local_bus f;
    auto const s = f.bus.subscribe<std::string>("t", [](auto const&) { throw 1; });
    std::string log;
    auto const fail = [&] {
        (void)f.bus.publish("t", "x");
        f.run();
    };
    f.bus.set_observer([&](auto const&) { log += "a"; });
    fail();
    f.bus.set_observer([&, kept = std::make_shared<int>(1)](auto const&) {
        f.bus.set_observer([&](auto const&) { log += "c"; });
        log += "b" + std::to_string(*kept); // it lives until it returns
    });
    fail();
    fail();
    f.bus.set_observer(nullptr);
    fail();
    CHECK(log == "ab1c");
}

TEST_CASE("every bus on a transport is told of the transport's events, until it is gone") {
    local_bus f(delivery_mode::executor, {.max_queue_messages = 1});
    hubbub::local_transport source(f.io.get_executor(), f.broker);
    hubbub::bus sender(source, hubbub::text_serializer{});
    std::string log;
    f.bus.set_observer([&](hubbub::event const& e) {
        log += "a" + std::string(std::get<hubbub::message_dropped>(e).topic);
    });
    auto const other =
        std::make_unique<hubbub::bus<hubbub::basic_local_transport, hubbub::text_serializer>>(
            f.transport);
    other->set_observer([&](auto const&) { log += "b"; });
    auto const s = f.bus.subscribe<std::string>("t", [](auto const&) {});
    CHECK(!sender.publish("t", "1"));
    (void)sender.publish("t", "2"); // finds the receiving queue full
    f.run();
    CHECK(log == "atb");
    CHECK(f.bus.statistics().dropped == 1);
}

TEST_CASE("publish says why it was refused, and nobody gets the message") {
    local_bus f(delivery_mode::executor, {.max_name_bytes = 4,
                                          .max_payload_bytes = 8,
                                          .max_queue_bytes = 30,
                                          .max_queue_messages = 3});
    int calls = 0;
    auto const s = f.bus.subscribe<std::string>(pattern{"*"}, [&](auto const&) { ++calls; });
    CHECK(f.bus.publish("", "x") == errc::empty_name);
    CHECK(f.bus.publish("12345", "x") == errc::name_too_long);
    CHECK(f.bus.publish("t", "123456789") == errc::payload_too_large);
    CHECK(!f.bus.publish("1234", "12345678"));
    CHECK(!f.bus.publish("t", ""));
    CHECK(!f.bus.publish("t", "x"));
    CHECK(f.bus.publish("t", "x") == errc::queue_full);
    f.run();
    CHECK(calls == 3);
    f.transport.close();
    CHECK(f.bus.publish("t", "x") == errc::closed);
    f.run();
    CHECK(calls == 3);

    auto const counted = f.bus.statistics();
    CHECK(counted.published == 8);
    CHECK(counted.refused == 5);
    CHECK(counted.confirmed == 3);
    CHECK(f.bus.state() == hubbub::link_state::closed);
}

TEST_CASE("subscribe that is refused says why, in an error or by throwing") {
    local_bus f(delivery_mode::executor, {.max_name_bytes = 4});
    auto const nothing = [](std::string const&) {};
    auto const why = [&](hubbub::topic_filter const& what) {
        std::error_code error = errc::timed_out;
        auto const made = f.bus.subscribe<std::string>(what, nothing, error);
        CHECK(static_cast<bool>(made) == !error);
        std::error_code queued = errc::timed_out;
        auto const sink = f.bus.subscribe<std::string>(what, {}, nothing, queued);
        CHECK(queued == error);
        if (error)
            CHECK_THROWS_AS(static_cast<void>(f.bus.subscribe<std::string>(what, nothing)),
                            std::system_error);
        return error;
    };
    CHECK(why("") == errc::empty_name);
    CHECK(why("12345") == errc::name_too_long);
    CHECK(why(pattern{""}) == errc::empty_name);
    CHECK(!why("1234"));
    f.transport.close();
    CHECK(why("t") == errc::closed);
}

TEST_CASE("two buses on one transport share its topics and keep counts of their own") {
    local_bus f;
    hubbub::bus other(f.transport, hubbub::text_serializer{});
    std::string log;
    auto const a = f.bus.subscribe<std::string>("t", [&](auto const& m) { log += "a" + m; });
    auto const b = other.subscribe<std::string>("t", [&](auto const& m) { log += "b" + m; });
    auto const c = other.subscribe<std::string>("t", [&](auto const& m) { log += "c" + m; });
    CHECK(!f.bus.publish("t", "1"));
    CHECK(!other.publish("t", "2"));
    f.run();
    CHECK(log == "a1b1c1a2b2c2");
    CHECK(f.bus.statistics().delivered == 2);
    CHECK(other.statistics().delivered == 4);
    CHECK(f.bus.statistics().published == 2);
    CHECK(other.statistics().published == 2);
}

TEST_CASE("the statistics balance after anything that may happen to a message") {
    local_bus f;
    auto const a = f.bus.subscribe<std::string>("t", [](auto const&) {});
    auto const b = f.bus.subscribe<std::string>("t", [](auto const& m) {
        if (m == "bad")
            throw 1;
    });
    for (auto const* const text : {"good", "bad", "good"})
        (void)f.bus.publish("t", text);
    (void)f.bus.publish("", "refused");
    auto s = f.bus.statistics();
    CHECK(s.queued == 3);
    CHECK(s.queued_bytes == 3 + 4 + 3 + 4);
    f.run();
    (void)f.bus.publish("t", "too late");
    f.transport.close();
    s = f.bus.statistics();
    CHECK(s.published == 5);
    CHECK(s.refused == 1);
    CHECK(s.confirmed == 3);
    CHECK(s.discarded == 1);
    CHECK(s.published == s.refused + s.confirmed + s.unknown + s.discarded + s.queued);
    CHECK(s.received == 6);
    CHECK(s.received == s.delivered + s.malformed + s.failed);
    CHECK(s.queued_bytes == 0);
}

} // namespace bus_test
