// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/testing/stage.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace hubbub::testing {

namespace detail {

/// first, first + 1, ... as texts, each with something before it.
inline std::vector<std::string> numbered(std::size_t count, std::string_view before = {}) {
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < count; ++i)
        texts.push_back(std::string(before) + std::to_string(i));
    return texts;
}

/// Those of seen that begin so.
inline std::vector<std::string> beginning_with(std::string_view before,
                                               std::vector<std::string> seen) {
    std::erase_if(seen, [&](std::string const& text) { return !text.starts_with(before); });
    return seen;
}

} // namespace detail

/// Who sees what in which order.
template <transport Transport>
void add_order_cases(conformance_list<Transport>& cases, transport_traits const& traits) {
    cases.add("one publisher's messages arrive in the order published", [](auto& s) {
        auto& a = s.add_server();
        auto& b = s.add_server();
        recorder near;
        recorder far;
        recorder far_too;
        auto const first = s.listen(a, "t", near.sink());
        auto const second = s.listen(b, "t", far.sink());
        auto const third = s.listen(b, "t", far_too.sink());

        auto const expected = detail::numbered(1000);
        std::size_t confirmed = 0;
        for (auto const& text : expected) {
            if (confirmed++ % 2 == 0) // both ways to publish go one way
                a.publish("t", text);
            else
                a.bus().async_publish("t", text, [](std::error_code, receiver_count) {});
        }
        s.run_until(
            [&] { return near.count() >= 1000 && far.count() >= 1000 && far_too.count() >= 1000; },
            "1000 messages");

        require_equal(near.seen(), expected, "on the server that published");
        require_equal(far.seen(), expected, "on another server");
        require_equal(far_too.seen(), expected, "at another sink of that server");
    });

    cases.add("two publishers' messages arrive in the order each published", [](auto& s) {
        auto& a = s.add_server();
        auto& b = s.add_server();
        auto& c = s.add_server();
        recorder at_a;
        recorder at_c;
        auto const first = s.listen(a, "t", at_a.sink());
        auto const second = s.listen(c, "t", at_c.sink());

        auto const from_a = detail::numbered(500, "a");
        auto const from_b = detail::numbered(500, "b");
        for (std::size_t i = 0; i < 500; ++i) {
            a.publish("t", from_a[i]);
            b.publish("t", from_b[i]);
            if (i % 50 == 0)
                s.io().poll();
        }
        s.run_until([&] { return at_a.count() >= 1000 && at_c.count() >= 1000; }, "1000 messages");

        for (auto const* seen : {&at_a, &at_c}) {
            require_equal(detail::beginning_with("a", seen->seen()), from_a, "from one");
            require_equal(detail::beginning_with("b", seen->seen()), from_b, "from the other");
        }
    });

    if (traits.agreed_order)
        cases.add("all servers see the messages of a topic in one order", [](auto& s) {
            auto& a = s.add_server();
            auto& b = s.add_server();
            auto& c = s.add_server();
            recorder at_a;
            recorder at_b;
            recorder at_c;
            auto const first = s.listen(a, "t", at_a.sink());
            auto const second = s.listen(b, "t", at_b.sink());
            auto const third = s.listen(c, "t", at_c.sink());

            {
                io_threads const helpers(s.io(), 2);
                workers publishers;
                auto const publish_all = [](server<Transport> const& from, std::string_view name) {
                    return [&from, name] {
                        for (auto const& text : detail::numbered(500, name))
                            (void)from.bus().publish("t", text);
                    };
                };
                publishers.start(publish_all(a, "a"));
                publishers.start(publish_all(b, "b"));
                s.run_until(
                    [&] {
                        return at_a.count() >= 1000 && at_b.count() >= 1000 && at_c.count() >= 1000;
                    },
                    "1000 messages");
            }

            require_equal(at_b.seen(), at_a.seen(), "order at the second server");
            require_equal(at_c.seen(), at_a.seen(), "order at the third server");
        });

    cases.add("a publish from inside a sink is delivered after the message at hand", [](auto& s) {
        auto& a = s.add_server();
        auto& b = s.add_server();
        for (auto const* answering : {&a, &b}) {
            for (auto const* asking : {&a, &b}) {
                recorder here; // two sinks of one bus, and one of another bus on the transport
                recorder there;
                hubbub::bus<Transport, text_serializer> other(answering->transport());
                auto const first = s.listen(*answering, "t", [&](std::string const& message) {
                    here.add("1st " + message);
                    if (message == "question")
                        (void)answering->bus().publish("t", "answer");
                    here.add("1st done");
                });
                auto const second = s.listen(*answering, "t", here.sink("2nd "));
                auto const third = s.listen(other, "t", there.sink());
                recorder elsewhere;
                auto const far = s.listen(answering == &a ? b : a, "t", elsewhere.sink());

                asking->publish("t", "question");
                s.run_until(
                    [&] {
                        return here.count() >= 6 && there.count() >= 2 && elsewhere.count() >= 2;
                    },
                    "question and answer at four sinks");

                using texts = std::vector<std::string>;
                texts const one_after_another{"1st question", "1st done", "2nd question",
                                              "1st answer",   "1st done", "2nd answer"};
                texts const in_order{"question", "answer"};
                require_equal(here.seen(), one_after_another, "at the sinks of one bus");
                require_equal(there.seen(), in_order, "at another bus of the server");
                require_equal(elsewhere.seen(), in_order, "at another server");
            }
        }
    });

    cases.add("sinks that answer each other run one after another, never nested", [](auto& s) {
        auto& a = s.add_server();
        auto& b = s.add_server();
        std::atomic<int> depth = 0;
        std::atomic<int> deepest = 0;
        std::atomic<int> calls = 0;
        auto const answer_to = [&](server<Transport>& at, std::string_view reply_topic) {
            return [&, reply_topic](std::string const& message) {
                deepest = std::max<int>(deepest, ++depth);
                ++calls;
                if (auto const left = std::stoi(message); left > 0)
                    (void)at.bus().publish(reply_topic, std::to_string(left - 1));
                --depth;
            };
        };
        auto const first = s.listen(a, "ping", answer_to(a, "pong"));
        auto const second = s.listen(b, "pong", answer_to(b, "ping"));

        a.publish("ping", "500");
        s.run_until([&] { return calls >= 501; }, "500 answers");
        require_equal(deepest.load(), 1, "sinks running inside one another");
    });
}

} // namespace hubbub::testing
