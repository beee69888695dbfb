// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/testing/stage.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace hubbub::testing {

/// Coming and going, outside of sinks.
template <transport Transport>
void add_subscription_cases(conformance_list<Transport>& cases) {
    cases.add("a message reaches each of 1000 subscribers once", [](auto& s) {
        auto& a = s.add_server();
        auto& b = s.add_server();
        std::vector<std::atomic<int>> calls(1000);
        std::vector<subscription> subscriptions;
        for (auto& count : calls)
            subscriptions.push_back(
                b.bus().template subscribe<std::string>("t", [&](std::string const&) { ++count; }));
        s.flush(a, b);
        auto const last = s.listen(b, "t", [](std::string const&) {});

        a.publish("t", "1");
        a.publish("t", "2");
        s.flush(a, b);

        auto const twice = std::count(calls.begin(), calls.end(), 2);
        require_equal(twice, 1000, "subscribers who got both messages once");
        require_equal(b.bus().statistics().delivered, 2004U, "delivered");
    });

    cases.add("a message published as soon as async_subscribe completed arrives", [](auto& s) {
        auto& a = s.add_server();
        auto& b = s.add_server();
        s.flush(a, b);
        s.flush(b, a);
        std::atomic<int> arrived = 0;
        std::vector<subscription> subscriptions;
        for (int i = 0; i < 200; ++i) {
            auto const topic = "fresh " + std::to_string(i);
            auto const* const publisher = i % 2 == 0 ? &a : &b;
            a.bus().template async_subscribe<std::string>(
                topic, [&](std::string const&) { ++arrived; },
                [&, topic, publisher](std::error_code, subscription made) {
                    subscriptions.push_back(std::move(made));
                    (void)publisher->bus().publish(topic, "at once");
                });
            if (i % 20 == 0) // some alone, some together
                s.run_until([&] { return subscriptions.size() > static_cast<std::size_t>(i); },
                            "a subscription");
        }
        s.run_until([&] { return arrived >= 200; }, "200 messages on 200 fresh topics");
    });

    cases.add("a second subscription to a topic starts with the next message", [](auto& s) {
        auto& a = s.add_server();
        recorder early;
        recorder late;
        auto const first = s.listen(a, "t", early.sink());
        s.deliver(a, "t", "1");
        s.flush(a, a);
        auto const second = s.listen(a, "t", late.sink());
        s.deliver(a, "t", "2");
        s.flush(a, a);
        require_equal(early.seen(), std::vector<std::string>{"1", "2"}, "at the first");
        require_equal(late.seen(), std::vector<std::string>{"2"}, "at the second");
    });

    cases.add("a sink is not called any more after reset has returned", [](auto& s) {
        auto& a = s.add_server();
        auto& b = s.add_server();
        for (auto const* publisher : {&a, &b}) {
            recorder ended;
            recorder goes_on;
            auto first = s.listen(a, "t", ended.sink());
            auto const second = s.listen(a, "t", goes_on.sink());
            for (int i = 0; i < 10; ++i)
                publisher->publish("t", "under way");
            first.reset();
            require(!first, "a subscription that was reset is empty");
            auto const before = ended.count();
            s.flush(*publisher, a);
            require_equal(ended.count(), before, "messages after reset");
            require_equal(goes_on.count(), 10U, "messages at the other sink");
            first.reset();
        }
    });

    cases.add("nothing comes after the last subscription has ended", [](auto& s) {
        auto& a = s.add_server();
        recorder seen;
        auto only = s.listen(a, "t", seen.sink());
        s.deliver(a, "t", "1");
        s.flush(a, a);
        only.reset();
        s.deliver(a, "t", "2");
        s.flush(a, a);
        require_equal(seen.count(), 1U, "messages");
    });

    cases.add("subscribing again after unsubscribing works at once", [](auto& s) {
        auto& a = s.add_server();
        auto& b = s.add_server();
        for (int i = 0; i < 20; ++i) {
            recorder seen;
            auto again = s.listen(a, "t", seen.sink());
            b.publish("t", std::to_string(i));
            s.run_until([&] { return seen.count() > 0; }, "a message after subscribing again");
            require_equal(seen.seen(), std::vector<std::string>{std::to_string(i)}, "messages");
        }
    });

    cases.add("coming and going in a hurry ends as the last call says", [](auto& s) {
        auto& a = s.add_server();
        recorder seen;
        for (int round = 0; round < 20; ++round) {
            for (int i = 0; i < 20; ++i) {
                auto const brief = a.bus().template subscribe<std::string>("t", seen.sink());
                if (i % 3 == round % 3)
                    s.io().poll_one();
            }
            auto const before = seen.count();
            auto const stays = s.listen(a, "t", seen.sink());
            a.publish("t", "once");
            s.flush(a, a);
            require_equal(seen.count(), before + 1, "messages");
        }
    });

    cases.add("what a sink captured is freed when its subscription ends", [](auto& s) {
        auto& a = s.add_server();
        auto captured = std::make_shared<int>();
        std::weak_ptr<int> const watched = captured;
        auto made = s.listen(a, "t", [kept = std::move(captured)](std::string const&) {});
        require(!watched.expired(), "a sink lives as long as its subscription");
        made.reset();
        require(watched.expired(), "a sink is freed with its subscription");

        captured = std::make_shared<int>();
        std::weak_ptr<int> const refused = captured;
        a.bus().template async_subscribe<std::string>(
            "", [kept = std::move(captured)](std::string const&) {},
            [](std::error_code, subscription) {});
        s.run_until([&] { return refused.expired(); }, "a sink that was refused to be freed");
    });

    cases.add("a subscription may outlive its bus and its transport", [](auto& s) {
        auto& a = s.add_server();
        auto& b = s.add_server();
        recorder seen;
        auto survivor = s.listen(a, "t", seen.sink());
        auto other = s.listen(a, s.by_pattern({"*"}, "t"), [](std::string const&) {});
        a.destroy_bus();
        other.reset();
        a.destroy();
        s.deliver(b, "t", "for nobody");
        survivor.reset();
        require_equal(seen.count(), 0U, "messages to a bus that is gone");
    });

    cases.add("a moved subscription stays, and one that is assigned over ends", [](auto& s) {
        auto& a = s.add_server();
        recorder one;
        recorder two;
        auto first = s.listen(a, "t", one.sink());
        auto second = s.listen(a, "t", two.sink());
        auto moved = std::move(first);
        s.deliver(a, "t", "1");
        s.flush(a, a);
        moved = std::move(second);
        require(static_cast<bool>(moved), "a subscription that was moved to");
        s.deliver(a, "t", "2");
        s.flush(a, a);
        require_equal(one.seen(), std::vector<std::string>{"1"}, "at the one assigned over");
        require_equal(two.seen(), std::vector<std::string>{"1", "2"}, "at the one moved");
    });
}

} // namespace hubbub::testing
