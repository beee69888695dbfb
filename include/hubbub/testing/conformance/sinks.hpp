// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/testing/stage.hpp>

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace hubbub::testing {

namespace detail {

/// A sink of a transport's own, without a bus.
class counting_sink final : public hubbub::message_sink {
public:
    void deliver(message_view const&) noexcept override { ++calls; }
    std::atomic<unsigned> calls = 0;
};

} // namespace detail

/// What a sink may do.
template <transport Transport>
void add_sink_cases(conformance_list<Transport>& cases) {
    cases.add("a sink may end its own subscription", [](auto& s) {
        auto& a = s.add_server();
        for (std::size_t leaver : {0U, 1U, 2U}) { // first, middle, last
            std::vector<recorder> seen(3);
            std::vector<subscription> subscriptions(3);
            for (std::size_t i = 0; i < 3; ++i)
                subscriptions[i] = s.listen(
                    a, "t", [&, i, kept = std::make_shared<int>(7)](std::string const& message) {
                        if (i == leaver)
                            subscriptions[i].reset();
                        // What it captured must still be there.
                        seen[i].add(message + std::to_string(*kept));
                    });
            a.publish("t", "1");
            a.publish("t", "2");
            s.flush(a, a);
            for (std::size_t i = 0; i < 3; ++i)
                require_equal(seen[i].count(), i == leaver ? 1U : 2U, "messages");
        }
    });

    cases.add("a sink that an earlier one ends does not get the message at hand", [](auto& s) {
        auto& a = s.add_server();
        std::vector<recorder> seen(3);
        std::vector<subscription> subscriptions(3);
        for (std::size_t i = 0; i < 3; ++i)
            subscriptions[i] = s.listen(a, "t", [&, i](std::string const& message) {
                seen[i].add(message);
                if (i == 0)
                    subscriptions[2].reset();
            });
        a.publish("t", "1");
        a.publish("t", "2");
        s.flush(a, a);
        require_equal(seen[0].count(), 2U, "messages at the one that ends another");
        require_equal(seen[1].count(), 2U, "messages at the one between");
        require_equal(seen[2].count(), 0U, "messages at the one ended");
    });

    cases.add("a sink that a later one ends gets no other message", [](auto& s) {
        auto& a = s.add_server();
        std::vector<recorder> seen(3);
        std::vector<subscription> subscriptions(3);
        for (std::size_t i = 0; i < 3; ++i)
            subscriptions[i] = s.listen(a, "t", [&, i](std::string const& message) {
                seen[i].add(message);
                if (i == 2)
                    subscriptions[0].reset();
            });
        a.publish("t", "1");
        a.publish("t", "2");
        s.flush(a, a);
        require_equal(seen[0].count(), 1U, "messages at the one ended");
        require_equal(seen[1].count(), 2U, "messages at the one between");
        require_equal(seen[2].count(), 2U, "messages at the one that ends another");
    });

    cases.add("of the sinks of two buses that end each other one is called", [](auto& s) {
        auto& a = s.add_server();
        hubbub::bus<Transport, text_serializer> other(a.transport());
        recorder seen;
        std::vector<subscription> subscriptions(3);
        auto const end_all = [&](std::string const& message) {
            seen.add(message);
            for (auto& each : subscriptions)
                each.reset();
        };
        subscriptions[0] = s.listen(a, "t", end_all);
        subscriptions[1] = s.listen(other, "t", end_all);
        subscriptions[2] = s.listen(a, s.by_pattern({"?"}, "t"), end_all);
        a.publish("t", "1");
        s.flush(a, a);
        require_equal(seen.count(), 1U, "calls");
    });

    cases.add("of sinks that end all subscriptions one is called", [](auto& s) {
        auto& a = s.add_server();
        recorder seen;
        std::vector<subscription> subscriptions(50);
        for (auto& made : subscriptions)
            made = s.listen(a, "t", [&](std::string const& message) {
                seen.add(message);
                subscriptions.clear();
            });
        a.publish("t", "1");
        a.publish("t", "2");
        s.flush(a, a);
        require_equal(seen.count(), 1U, "calls");
    });

    cases.add("a sink added inside a sink starts with the next message", [](auto& s) {
        auto& a = s.add_server();
        recorder seen;
        std::vector<subscription> added;
        auto const adds = s.listen(a, "t", [&](std::string const& message) {
            added.push_back(a.bus().template subscribe<std::string>(
                "t", seen.sink("added at " + message + ": ")));
        });
        a.publish("t", "1");
        s.flush(a, a);
        require_equal(seen.count(), 0U, "messages at a sink added by this message");
        a.publish("t", "2");
        s.flush(a, a);
        require_equal(seen.seen(), std::vector<std::string>{"added at 1: 2"}, "the next message");
        require_equal(added.size(), 2U, "sinks added");
    });

    cases.add("a sink may subscribe, and be heard as soon as that completes", [](auto& s) {
        auto& a = s.add_server();
        auto& b = s.add_server();
        recorder seen;
        std::vector<subscription> added;
        auto const adds = s.listen(a, "introduce", [&](std::string const& topic) {
            a.bus().template async_subscribe<std::string>(
                topic, seen.sink(), [&, topic](std::error_code, subscription made) {
                    added.push_back(std::move(made));
                    (void)b.bus().publish(topic, "hello " + topic);
                });
        });
        b.publish("introduce", "ada");
        b.publish("introduce", "bob");
        s.run_until([&] { return seen.count() >= 2; }, "messages on the new topics");
    });

    cases.add("a sink that throws is told and counted, and nobody else notices", [](auto& s) {
        auto& a = s.add_server();
        recorder seen;
        recorder told;
        a.bus().set_observer([&](event const& e) {
            auto const* const failed = std::get_if<sink_failed>(&e);
            if (failed == nullptr)
                return;
            try {
                std::rethrow_exception(failed->exception);
            } catch (std::exception const& exception) {
                told.add(std::string(failed->topic) + ": " + exception.what());
            } catch (int number) {
                told.add(std::string(failed->topic) + ": " + std::to_string(number));
            }
        });
        auto const first =
            s.listen(a, "t", [](std::string const& message) { throw std::runtime_error(message); });
        auto const second = s.listen(a, "t", seen.sink());
        auto const third = s.listen(a, "t", [](std::string const& message) {
            if (message == "1")
                throw 42;
        });
        a.publish("t", "1");
        a.publish("t", "2");
        s.flush(a, a);

        using texts = std::vector<std::string>;
        require_equal(seen.seen(), texts{"1", "2"}, "at a sink between two that throw");
        require_equal(told.seen(), texts{"t: 1", "t: 42", "t: 2"}, "events");
        auto const n = a.bus().statistics();
        require_equal(n.failed, 3U, "failed");
        require_equal(n.delivered, 4U, "delivered"); // one of them flushed
    });

    cases.add("a sink may capture what cannot be copied", [](auto& s) {
        auto& a = s.add_server();
        recorder seen;
        auto const made = s.listen(a, "t",
                                   [&, before = std::make_unique<std::string>("moved in: ")](
                                       std::string const& text) { seen.add(*before + text); });
        a.publish("t", "1");
        s.flush(a, a);
        require_equal(seen.seen(), std::vector<std::string>{"moved in: 1"}, "messages");
    });

    cases.add("a sink may have a state, and ask for the topic", [](auto& s) {
        auto& a = s.add_server();
        recorder seen;
        auto const made =
            s.listen(a, "t", [&, n = 0](std::string_view topic, std::string const& text) mutable {
                seen.add(std::string(topic) + ' ' + text + ' ' + std::to_string(++n));
            });
        a.publish("t", "x");
        a.publish("t", "y");
        s.flush(a, a);
        require_equal(seen.seen(), std::vector<std::string>{"t x 1", "t y 2"}, "messages");
    });

    cases.add("a transport's sink is one subscription, however often it subscribes", [](auto& s) {
        auto& a = s.add_server();
        auto const twice = std::make_shared<detail::counting_sink>();
        unsigned active = 0;
        auto const subscribe = [&](topic_filter const& what) {
            auto const error = a.transport().subscribe(
                what, twice,
                {s.io().get_executor(), [&](std::error_code e) { active += e ? 0 : 1; }});
            require_equal(error, std::error_code{}, "result of subscribe");
        };
        subscribe("t");
        subscribe("t");
        subscribe("u");
        subscribe(s.by_pattern({"t*"}, "t")); // overlaps "t"
        s.run_until([&] { return active == 4; }, "four completions of subscribe");
        a.publish("t", "1");
        a.publish("u", "1");
        s.flush(a, a);
        unsigned const overlapping = s.traits().patterns == pattern_support::glob ? 1 : 0;
        require_equal(twice->calls.load(), 2U + overlapping,
                      "calls: one for each filter, however often it was subscribed");

        a.transport().unsubscribe("t", *twice);
        a.transport().unsubscribe("t", *twice);
        a.transport().unsubscribe("never subscribed", *twice);
        a.publish("t", "2");
        a.publish("u", "2");
        s.flush(a, a);
        require_equal(twice->calls.load(), 3U + 2 * overlapping, "calls, after leaving one topic");
        a.transport().unsubscribe("u", *twice);
        a.transport().unsubscribe(s.by_pattern({"t*"}, "t"), *twice);
    });
}

} // namespace hubbub::testing
