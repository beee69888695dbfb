// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/testing/conformance/sinks.hpp>
#include <hubbub/testing/stage.hpp>
#include <hubbub/transport/drain.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace hubbub::testing {

/// The end of buses and transports.
template <transport Transport>
void add_lifetime_cases(conformance_list<Transport>& cases) {
    cases.add("a sink may destroy its bus; other buses still get the message", [](auto& s) {
        auto& b = s.add_server();
        for (auto const from_itself : {true, false}) {
            auto& a = s.add_server();
            hubbub::bus<Transport, text_serializer> other(a.transport());
            recorder ended;
            recorder same_transport;
            recorder elsewhere;
            auto const end = [&](std::string const& message) {
                ended.add(message);
                a.destroy_bus();
            };
            auto const before = s.listen(other, "t", same_transport.sink());
            auto const first = s.listen(a, "t", end);
            auto const second = s.listen(a, "t", end);
            auto const third = s.listen(a, s.by_pattern({"t*"}, "t"), end);
            auto const after = s.listen(other, s.by_pattern({"*t"}, "t"), same_transport.sink());
            auto const far = s.listen(b, "t", elsewhere.sink());

            if (from_itself)
                a.publish("t", "1");
            else
                b.publish("t", "1");
            s.run_until([&] { return !a.has_bus(); }, "the bus to be destroyed");
            b.publish("t", "2");
            s.flush(b, b);
            s.run_until([&] { return same_transport.count() >= 4; }, "messages at the other bus");

            require_equal(ended.count(), 1U, "messages at the bus that was destroyed");
            require_equal(same_transport.count(), 4U, "messages at the other bus");
            require_equal(elsewhere.count(), 2U, "messages at the other server");
        }
    });

    cases.add("a sink may destroy its transport; other servers get the message", [](auto& s) {
        auto& b = s.add_server();
        for (int variant = 0; variant < 4; ++variant) {
            bool const from_itself = variant % 2 == 0;
            bool const last_words = variant >= 2;
            auto& a = s.add_server();
            recorder ended;
            recorder elsewhere;
            auto const end = [&](std::string const& message) {
                ended.add(message);
                if (last_words && a.has_bus())
                    (void)a.bus().publish("t", "last words");
                a.destroy();
            };
            auto const first = s.listen(a, "t", end);
            auto const second = s.listen(a, s.by_pattern({"?"}, "t"), end);
            auto const far = s.listen(b, "t", elsewhere.sink());
            if (from_itself)
                a.publish("t", "1");
            else
                b.publish("t", "1");
            s.run_until([&] { return !a.has_bus(); }, "the transport to be destroyed");
            b.publish("t", "2");
            s.flush(b, b);
            require_equal(ended.count(), 1U, "messages at the server that was destroyed");
            auto seen = elsewhere.seen();
            std::erase(seen, "last words"); // they may come, or not
            require_equal(seen, std::vector<std::string>{"1", "2"}, "messages at the other server");
        }
    });

    cases.add("a handler may destroy its bus and its transport", [](auto& s) {
        auto& a = s.add_server();
        auto& b = s.add_server();
        a.bus().template async_subscribe<std::string>(
            "t", [](std::string const&) {},
            [&](std::error_code, subscription const&) { a.destroy(); });
        b.bus().async_publish("t", "x", [&](std::error_code, receiver_count) { b.destroy(); });
        s.run_until([&] { return !a.has_bus() && !b.has_bus(); }, "both handlers");
    });

    cases.add("destroying a bus ends the subscriptions that are not active yet", [](auto& s) {
        auto& a = s.add_server();
        auto& b = s.add_server();
        recorder seen;
        std::vector<std::error_code> results;
        std::vector<subscription> outlive;
        for (int i = 0; i < 10; ++i)
            a.bus().template async_subscribe<std::string>(
                "topic " + std::to_string(i), seen.sink(),
                [&](std::error_code error, subscription made) {
                    results.push_back(error);
                    outlive.push_back(std::move(made));
                });
        a.destroy_bus();
        s.run_until([&] { return results.size() >= 10; }, "the handlers of all subscriptions");
        for (auto const& result : results)
            require(!result || result == errc::closed, "a subscription of a bus that is gone is "
                                                       "closed, or was active before");
        for (int i = 0; i < 10; ++i)
            b.publish("topic " + std::to_string(i), "for nobody");
        s.flush(b, b);
        require_equal(seen.count(), 0U, "messages to a bus that is gone");
        require_equal(results.size(), 10U, "handlers called");
    });

    cases.add("close ends what waits, and refuses what comes", [](auto& s) {
        auto& a = s.add_server();
        std::vector<std::error_code> subscribed;
        std::vector<std::error_code> published;
        auto const on_subscribed = [&](std::error_code error, subscription made) {
            require_equal(static_cast<bool>(made), !error, "a subscription if there is no error");
            subscribed.push_back(error);
        };
        auto const on_published = [&](std::error_code error, receiver_count) {
            published.push_back(error);
        };
        auto const sink = [](std::string const&) {};
        for (int i = 0; i < 10; ++i) {
            a.bus().template async_subscribe<std::string>("t" + std::to_string(i), sink,
                                                          on_subscribed);
            a.bus().async_publish("u", "x", on_published);
        }
        a.transport().close();
        require_equal(a.bus().state(), link_state::closed, "state after close");
        s.run_until([&] { return subscribed.size() >= 10 && published.size() >= 10; },
                    "what waited to end");
        for (auto const& error : subscribed)
            require(!error || error == errc::closed, "a subscription is active, or closed");
        for (auto const& error : published)
            require(!error || error == errc::closed || error == errc::outcome_unknown,
                    "a publish is confirmed, closed, or unknown");

        subscribed.clear();
        published.clear();
        a.transport().close();
        a.transport().close();
        require_equal(a.bus().publish("t", "x"), errc::closed, "publish");
        std::error_code refused;
        require(!a.bus().template subscribe<std::string>("t", sink, refused),
                "subscribe gives nothing");
        require_equal(refused, make_error_code(errc::closed), "subscribe");
        a.bus().template async_subscribe<std::string>("t", sink, on_subscribed);
        a.bus().async_publish("t", "x", on_published);
        require(subscribed.empty() && published.empty(), "no handler runs inside its operation");
        s.run_until([&] { return !subscribed.empty() && !published.empty(); }, "the refusals");
        require_equal(subscribed, std::vector<std::error_code>{errc::closed}, "async_subscribe");
        require_equal(published, std::vector<std::error_code>{errc::closed}, "async_publish");
        require_equal(a.bus().state(), link_state::closed, "state");
    });

    cases.add("a closed server gets nothing, and the others go on", [](auto& s) {
        auto& a = s.add_server();
        auto& b = s.add_server();
        recorder closed;
        recorder open;
        auto const first = s.listen(a, "t", closed.sink());
        auto const second = s.listen(b, "t", open.sink());
        b.publish("t", "under way");
        a.transport().close();
        auto const before = closed.count();
        b.publish("t", "after");
        s.flush(b, b);
        require_equal(closed.count(), before, "messages after close");
        require_equal(open.count(), 2U, "messages at the other server");
    });

    cases.add("a sink may close its transport", [](auto& s) {
        auto& a = s.add_server();
        auto& b = s.add_server();
        recorder seen;
        auto const made = s.listen(a, "t", [&](std::string const& message) {
            seen.add(message);
            a.transport().close();
        });
        for (int i = 0; i < 10; ++i)
            b.publish("t", std::to_string(i));
        s.flush(b, b);
        s.run_until([&] { return seen.count() > 0; }, "the first message");
        require_equal(a.bus().state(), link_state::closed, "state");
        require_equal(seen.count(), 1U, "messages");
    });

    cases.add("the copies of a transport are one, and a bus keeps it", [](auto& s) {
        auto& b = s.add_server();
        std::optional<Transport> first(s.make_transport());
        Transport second = *first;
        require(&second.limits() == &first->limits(), "the limits are one object for both");
        hubbub::bus<Transport, text_serializer> bus(*first);
        first.reset();
        recorder seen;
        auto const made = s.listen(bus, "t", seen.sink());
        b.publish("t", "1");
        s.run_until([&] { return seen.count() > 0; }, "a message");
        second.close();
        require_equal(bus.state(), link_state::closed, "state after a copy was closed");
        require_equal(bus.publish("t", "2"), errc::closed, "publish after a copy was closed");
    });

    cases.add("a transport closes when its last handle is gone", [](auto& s) {
        auto sink = std::make_shared<detail::counting_sink>();
        std::weak_ptr<detail::counting_sink> const watched = sink;
        {
            auto only = s.make_transport();
            auto const copy = only;
            std::optional<std::error_code> active;
            only.subscribe("t", std::move(sink),
                           {s.io().get_executor(), [&](std::error_code e) { active = e; }});
            s.run_until([&] { return active.has_value(); }, "a subscription to become active");
            require(!watched.expired(), "a transport keeps the sinks that are subscribed");
        }
        s.run_until([&] { return watched.expired(); }, "the transport to free what it kept");
    });

    cases.add("an io_context may be destroyed with everything under way", [](auto& s) {
        auto& a = s.add_server();
        auto const kept = std::make_shared<int>();
        for (int i = 0; i < 10; ++i) {
            auto const topic = std::to_string(i);
            a.bus().template async_subscribe<std::string>(
                topic, [kept](std::string const&) {},
                [kept](std::error_code, subscription const&) {});
            a.bus().async_publish(topic, "x", [kept](std::error_code, receiver_count) {});
            if (i % 3 == 0)
                s.io().poll_one();
        }
        async_drain(s.make_transport(), std::chrono::hours(1),
                    [kept](std::error_code, std::uint64_t) {});
        a.bus().async_drain(std::chrono::hours(1), [kept](std::error_code, std::uint64_t) {});
        s.abandon();
    });
}

} // namespace hubbub::testing
