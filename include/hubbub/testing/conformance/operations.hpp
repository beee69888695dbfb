// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/testing/stage.hpp>

#include <asio/bind_executor.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>

#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace hubbub::testing {

namespace detail {

/// Encodes as text_serializer does, through encode: the way that serializers other than it go.
struct copying_serializer {
    std::error_code encode(std::string_view value, std::string& out) const {
        out += value;
        return {};
    }
    std::error_code decode(std::string_view bytes, std::string& value) const {
        value = bytes;
        return {};
    }
};

} // namespace detail

/// Asynchronous operations and their handlers.
template <transport Transport>
void add_operation_cases(conformance_list<Transport>& cases, transport_traits const& traits) {
    constexpr auto* counts = "async_publish tells to how many servers the message went";
    constexpr auto* counts_nothing =
        "async_publish tells no count where the transport counts nobody";
    if (!traits.counts_receivers)
        cases.add(counts_nothing, [](auto& s) {
            auto& a = s.add_server();
            auto const first = s.listen(a, "t", [](std::string const&) {});
            require(!s.deliver(a, "t", "x"), "no count where one listens");
            require(!s.deliver(a, "u", "x"), "no count where nobody listens");
        });
    else
        cases.add(counts, [](auto& s) {
            auto& a = s.add_server();
            auto& b = s.add_server();
            auto& c = s.add_server();
            auto const ignore = [](std::string const&) {};
            require_equal(s.deliver(c, "t", "x"), 0U, "servers when nobody listens");
            auto const first = s.listen(a, "t", ignore);
            require_equal(s.deliver(c, "t", "x"), 1U, "servers when one listens");
            auto const second = s.listen(a, "t", ignore);
            auto const other = s.listen(a, "u", ignore);
            require_equal(s.deliver(c, "t", "x"), 1U, "servers when one listens twice");
            auto const third = s.listen(b, s.by_pattern({"t*"}, "t"), ignore);
            require_equal(s.deliver(c, "t", "x"), 2U, "servers when two listen");
            require_equal(s.deliver(a, "t", "x"), 2U, "servers when one of them publishes");
            auto const fourth = s.listen(c, "t", ignore);
            require_equal(s.deliver(c, "t", "x"), 3U, "servers when three listen");
        });

    cases.add("each handler is called once, and never inside its operation", [](auto& s) {
        auto& a = s.add_server();
        int subscribed = 0;
        int published = 0;
        bool inside = false;
        bool called_inside = false;
        subscription made;
        for (int i = 0; i < 100; ++i) {
            inside = true;
            a.bus().template async_subscribe<std::string>(
                "t" + std::to_string(i % 10), [](std::string const&) {},
                [&](std::error_code, subscription) {
                    ++subscribed;
                    called_inside |= inside;
                });
            a.bus().async_publish("t", "x", [&](std::error_code, receiver_count) {
                ++published;
                called_inside |= inside;
            });
            inside = false;
            if (i % 10 == 0)
                s.io().poll_one();
        }
        s.run_until([&] { return subscribed >= 100 && published >= 100; }, "200 handlers");
        s.flush(a, a);
        require_equal(subscribed, 100, "calls of handlers of async_subscribe");
        require_equal(published, 100, "calls of handlers of async_publish");
        require(!called_inside, "no handler runs inside its operation");
    });

    cases.add("a handler may capture what cannot be copied", [](auto& s) {
        auto& a = s.add_server();
        int sum = 0;
        a.bus().template async_subscribe<std::string>(
            "t", [](std::string const&) {},
            [&, number = std::make_unique<int>(1)](std::error_code, subscription) {
                sum += *number;
            });
        a.bus().async_publish(
            "t", "x", [&, number = std::make_unique<int>(2)](std::error_code, receiver_count) {
                sum += *number;
            });
        a.bus().async_publish(
            "", "refused", [&, number = std::make_unique<int>(4)](std::error_code, receiver_count) {
                sum += *number;
            });
        s.run_until([&] { return sum == 7; }, "three handlers");
    });

    cases.add("a handler runs on its own executor", [](auto& s) {
        auto& a = s.add_server();
        asio::io_context elsewhere;
        int called = 0;
        int reached = 0;
        auto count_calls = asio::bind_executor(elsewhere.get_executor(),
                                               [&](std::error_code, auto const&) { ++called; });
        a.bus().template async_subscribe<std::string>("t", [](std::string const&) {}, count_calls);
        a.bus().async_publish("t", "x", count_calls);
        a.bus().async_publish("", "refused", count_calls);
        a.bus().template async_subscribe<std::string>("", [](std::string const&) {}, count_calls);
        a.bus().async_publish("t", "x", [&](std::error_code, receiver_count) { ++reached; });
        s.run_until([&] { return reached == 1; }, "a publish after them");
        s.flush(a, a);
        require_equal(called, 0, "handlers called on an executor that nobody ran");
        // Their work keeps elsewhere running until the last one came, not for longer.
        run_out(elsewhere);
        require_equal(called, 4, "handlers called on their executor");
    });

    cases.add("any completion token will do", [](auto& s) {
        auto& a = s.add_server();
        auto const ready = [](auto const& future) {
            return future.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
        };
        recorder seen;
        auto subscribed =
            a.bus().template async_subscribe<std::string>("t", seen.sink(), asio::use_future);
        s.run_until([&] { return ready(subscribed); }, "a future of async_subscribe");
        auto const made = subscribed.get();
        auto published = a.bus().async_publish("t", "x", asio::use_future);
        auto refused = a.bus().async_publish("", "x", asio::use_future);
        s.run_until([&] { return ready(published) && ready(refused); }, "futures of async_publish");
        require_equal(published.get(),
                      s.traits().counts_receivers ? receiver_count(1) : receiver_count(),
                      "servers");
        std::error_code reason;
        try {
            refused.get();
        } catch (std::system_error const& e) {
            reason = e.code();
        }
        require_equal(reason, errc::empty_name, "what the future threw");
        s.flush(a, a);
        require_equal(seen.count(), 1U, "messages");
    });

    cases.add("a message is encoded before its publish returns", [](auto& s) {
        auto& a = s.add_server();
        hubbub::bus<Transport, detail::copying_serializer> other(a.transport());
        recorder seen;
        auto const first = s.listen(a, "t", seen.sink());
        std::string topic = "t";
        std::string text = "1";
        int published = 0;
        auto const count_calls = [&](std::error_code, receiver_count) { ++published; };
        a.publish(topic, text);
        text = "2";
        (void)other.publish(topic, text);
        text = "3";
        a.bus().async_publish(topic, text, count_calls);
        text = "4";
        other.async_publish(topic, text, count_calls);
        text = "5";
        topic = "u";
        s.run_until([&] { return published == 2; }, "two handlers");
        s.flush(a, a);
        require_equal(seen.seen(), std::vector<std::string>{"1", "2", "3", "4"}, "messages");
    });

    cases.add("statistics count each message once", [](auto& s) {
        auto& a = s.add_server({.max_payload_bytes = 100});
        auto const none = a.bus().statistics();
        require_equal(none.published + none.received, 0U, "messages of a new bus");
        recorder seen;
        auto const first = s.listen(a, "t", seen.sink());
        auto const second = s.listen(a, s.by_pattern({"t"}, "t"), seen.sink());
        for (int i = 0; i < 10; ++i)
            a.publish("t", "x");
        for (int i = 0; i < 3; ++i)
            require(static_cast<bool>(a.bus().publish("t", std::string(101, 'x'))), "a refusal");
        s.deliver(a, "nobody listens", "x");
        s.run_until([&] { return seen.count() >= 20; }, "messages");
        s.run_until([&] { return a.bus().statistics().queued == 0; }, "the queue to drain");
        auto const n = a.bus().statistics();
        require_equal(n.published, 14U, "published");
        require_equal(n.refused, 3U, "refused");
        require_equal(n.confirmed, 11U, "confirmed");
        require_equal(n.unknown + n.discarded + n.queued + n.dropped + n.link_losses, 0U, "lost");
        require_equal(n.received, 20U, "received");
        require_equal(n.delivered, 20U, "delivered");
        require_equal(n.malformed + n.failed, 0U, "malformed and failed");
        require_equal(a.bus().state(), link_state::whole, "state");
    });
}

} // namespace hubbub::testing
