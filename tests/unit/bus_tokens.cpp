// SPDX-License-Identifier: MIT
#include <hubbub/bus.hpp>

#include "support/local_bus.hpp"

#include <doctest/doctest.h>

#include <asio/awaitable.hpp>
#include <asio/bind_executor.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/redirect_error.hpp>
#include <asio/strand.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>

#include <cstddef>
#include <exception>
#include <future>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace bus_tokens_test {

// The asynchronous operations with each kind of completion token.

using hubbub::errc;
using hubbub::subscription;
using support::delivery_mode;
using support::local_bus;

namespace {

void ignore(std::string const& /*message*/) {}

} // namespace

TEST_CASE("a handler is called once, and never before the call has returned") {
    for (auto const mode : {delivery_mode::executor, delivery_mode::immediate}) {
        local_bus f(mode, {.max_name_bytes = 4});
        int published = 0;
        int subscribed = 0;
        auto const publish = [&](std::string const& topic) {
            f.bus.async_publish(topic, "x",
                                [&](std::error_code, hubbub::receiver_count) { ++published; });
        };
        auto const subscribe = [&](std::string const& topic) {
            f.bus.async_subscribe<std::string>(
                topic, ignore, [&](std::error_code, subscription const&) { ++subscribed; });
        };
        for (auto const* const topic : {"t", "", "12345"}) {
            publish(topic);
            subscribe(topic);
        }
        f.transport.close();
        publish("t");
        subscribe("t");
        CHECK(published == 0);
        CHECK(subscribed == 0);
        f.run();
        CHECK(published == 4);
        CHECK(subscribed == 4);
    }
}

TEST_CASE("async_publish tells to how many servers the message was given") {
    local_bus f;
    hubbub::local_transport elsewhere(f.io.get_executor(), f.broker);
    hubbub::bus other(elsewhere, hubbub::text_serializer{});
    std::vector<hubbub::receiver_count> counts;
    auto const publish = [&] {
        f.bus.async_publish("t", "x", [&](std::error_code error, hubbub::receiver_count n) {
            CHECK(!error);
            counts.push_back(n);
        });
        f.run();
    };
    publish();
    auto const a = f.bus.subscribe<std::string>("t", ignore);
    publish();
    auto const b = f.bus.subscribe<std::string>("t", ignore); // the same server
    publish();
    auto const c = other.subscribe<std::string>("t", ignore);
    publish();
    CHECK(counts == std::vector<hubbub::receiver_count>{0, 1, 1, 2});
}

TEST_CASE("async_subscribe hands over the subscription, or says why there is none") {
    local_bus f(delivery_mode::executor, {.max_name_bytes = 4});
    std::string log;
    subscription kept;
    f.bus.async_subscribe<std::string>(
        "t", [&](auto const& m) { log += m; },
        [&](std::error_code error, subscription s) {
            CHECK(!error);
            kept = std::move(s);
            (void)f.bus.publish("t", "first");
        });
    f.run();
    CHECK(kept);
    CHECK(log == "first");
    kept.reset();

    std::vector<std::error_code> errors;
    auto const refused = [&](std::error_code error, subscription const& s) {
        CHECK(!s);
        errors.push_back(error);
    };
    f.bus.async_subscribe<std::string>("", ignore, refused);
    f.bus.async_subscribe<std::string>("12345", ignore, refused);
    f.run();
    f.transport.close();
    f.bus.async_subscribe<std::string>("t", ignore, refused);
    f.run();
    CHECK(errors ==
          std::vector<std::error_code>{errc::empty_name, errc::name_too_long, errc::closed});
}

TEST_CASE("a subscription that the handler does not keep ends at once") {
    local_bus f;
    int calls = 0;
    f.bus.async_subscribe<std::string>("t", [&](auto const&) { ++calls; }, asio::detached);
    f.run();
    CHECK(!f.bus.publish("t", "x"));
    f.run();
    CHECK(calls == 0);
}

TEST_CASE("handlers and sinks may be movable only") {
    local_bus f;
    std::string log;
    subscription kept;
    f.bus.async_subscribe<std::string>(
        "t", [&, p = std::make_unique<int>(1)](auto const& m) { log += m + std::to_string(*p); },
        [&, p = std::make_unique<int>(2)](std::error_code, subscription s) {
            log += std::to_string(*p);
            kept = std::move(s);
        });
    f.run();
    f.bus.async_publish(
        "t", "x", [&, p = std::make_unique<int>(3)](std::error_code, hubbub::receiver_count n) {
            log += "(" + std::to_string(*p) + std::to_string(n.value_or(0)) + ")";
        });
    f.run();
    CHECK(log.size() == 7);
    CHECK(log.starts_with("2"));
    CHECK(log.find("x1") != std::string::npos);
    CHECK(log.find("(31)") != std::string::npos);
}

TEST_CASE("use_future gives the result, and throws the error") {
    local_bus f;
    auto subscribed = f.bus.async_subscribe<std::string>("t", ignore, asio::use_future);
    f.run();
    auto const kept = subscribed.get();
    CHECK(kept);

    std::future<hubbub::receiver_count> published = f.bus.async_publish("t", "x", asio::use_future);
    auto refused = f.bus.async_publish("", "x", asio::use_future);
    f.run();
    CHECK(published.get() == 1);
    try {
        refused.get();
        FAIL("it threw nothing");
    } catch (std::system_error const& e) {
        CHECK(e.code() == errc::empty_name);
    }
}

TEST_CASE("a coroutine awaits the result, and gets the error as an exception") {
    local_bus f;
    std::string log;
    auto const story = [&]() -> asio::awaitable<void> {
        auto const kept = co_await f.bus.async_subscribe<std::string>(
            "t", [&](auto const& m) { log += m; }, asio::use_awaitable);
        CHECK(kept);
        auto const servers = co_await f.bus.async_publish("t", "x", asio::use_awaitable);
        CHECK(servers == 1);
        std::error_code error;
        co_await f.bus.async_publish("", "x", asio::redirect_error(asio::use_awaitable, error));
        CHECK(error == errc::empty_name);
        try {
            auto const none =
                co_await f.bus.async_subscribe<std::string>("", ignore, asio::use_awaitable);
            FAIL("it threw nothing");
        } catch (std::system_error const& e) {
            CHECK(e.code() == errc::empty_name);
        }
        log += "end";
    };
    asio::co_spawn(f.io, story, [](std::exception_ptr e) { CHECK(!e); });
    f.run();
    CHECK((log == "xend" || log == "endx"));
}

TEST_CASE("an operation that starts later publishes what was there when it was asked for") {
    local_bus f;
    std::string log;
    auto const s = f.bus.subscribe<std::string>("t", [&](auto const& m) { log += m; });
    auto const story = [&]() -> asio::awaitable<void> {
        std::string text = "early";
        std::string topic = "t";
        auto operation = f.bus.async_publish(topic, text, asio::use_awaitable);
        text = "too late";
        topic = "elsewhere";
        co_await std::move(operation);
    };
    asio::co_spawn(f.io, story, asio::detached);
    f.run();
    CHECK(log == "early");
}

TEST_CASE("a refused encoding reaches a handler and a coroutine alike") {
    local_bus<support::small_number_serializer> f;
    std::error_code by_handler;
    std::error_code by_coroutine;
    f.bus.async_publish("t", 100,
                        [&](std::error_code e, hubbub::receiver_count) { by_handler = e; });
    auto const story = [&]() -> asio::awaitable<void> {
        co_await f.bus.async_publish("t", 100,
                                     asio::redirect_error(asio::use_awaitable, by_coroutine));
    };
    asio::co_spawn(f.io, story, asio::detached);
    f.run();
    CHECK(by_handler == errc::cannot_encode);
    CHECK(by_coroutine == errc::cannot_encode);
}

TEST_CASE("a handler runs on its own executor, if it has one") {
    local_bus f;
    asio::io_context own;
    int calls = 0;
    f.bus.async_publish(
        "t", "x",
        asio::bind_executor(own.get_executor(),
                            [&](std::error_code, hubbub::receiver_count) { ++calls; }));
    f.bus.async_publish(
        "", "refused",
        asio::bind_executor(own.get_executor(),
                            [&](std::error_code, hubbub::receiver_count) { ++calls; }));
    f.bus.async_subscribe<std::string>(
        "t", ignore,
        asio::bind_executor(own.get_executor(),
                            [&](std::error_code, subscription const&) { ++calls; }));
    f.run();
    CHECK(calls == 0);
    CHECK(own.run() > 0);
    CHECK(calls == 3);
}

TEST_CASE("a handler without an executor runs on the bus's, where sinks run") {
    local_bus f;
    using strand = asio::strand<asio::any_io_executor>;
    auto const executor = f.bus.get_executor();
    auto const* const own = executor.target<strand>();
    REQUIRE(own != nullptr);
    int inside = 0;
    auto const look = [&] { inside += own->running_in_this_thread() ? 1 : 0; };
    auto const s = f.bus.subscribe<std::string>("t", [&](auto const&) { look(); });
    f.bus.async_publish("t", "x", [&](std::error_code, hubbub::receiver_count) { look(); });
    f.bus.async_subscribe<std::string>("t", ignore,
                                       [&](std::error_code, subscription const&) { look(); });
    f.run();
    CHECK(inside == 3);
}

TEST_CASE("an executor has work for as long as an operation is under way") {
    local_bus f;
    asio::io_context own;
    bool called = false;
    f.bus.async_publish(
        "t", "x",
        asio::bind_executor(own.get_executor(),
                            [&](std::error_code, hubbub::receiver_count) { called = true; }));
    own.poll();
    CHECK(!own.stopped());
    f.run();
    own.poll();
    CHECK(called);
    CHECK(own.stopped());
}

TEST_CASE("an operation under way ends when the transport is closed or the bus is destroyed") {
    for (bool const close : {true, false}) {
        CAPTURE(close);
        local_bus f;
        std::vector<std::error_code> ended;
        f.bus.async_publish("t", "x",
                            [&](std::error_code e, hubbub::receiver_count) { ended.push_back(e); });
        f.bus.async_subscribe<std::string>(
            "t", ignore, [&](std::error_code e, subscription const&) { ended.push_back(e); });
        if (close)
            f.transport.close();
        else
            f.holder.reset();
        f.run();
        CHECK(ended.size() == 2);
    }
}

} // namespace bus_tokens_test
