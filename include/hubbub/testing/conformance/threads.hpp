// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/testing/conformance/order.hpp>
#include <hubbub/testing/stage.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <random>
#include <string>
#include <system_error>
#include <vector>

namespace hubbub::testing {

/// Several threads at once; also for a thread sanitizer to look at.
template <transport Transport>
void add_thread_cases(conformance_list<Transport>& cases, transport_traits const& traits) {
    cases.add("threads may publish while sinks run, and each one's order holds", [](auto& s) {
        auto& a = s.add_server();
        auto& b = s.add_server();
        recorder near;
        recorder far;
        auto const first = s.listen(a, "t", near.sink());
        auto const second = s.listen(b, "t", far.sink());
        {
            workers publishers;
            for (auto const* name : {"p", "q", "r"})
                publishers.start([&a, name] {
                    for (auto const& text : detail::numbered(500, name))
                        (void)a.bus().publish("t", text);
                });
            s.run_until([&] { return near.count() >= 1500 && far.count() >= 1500; },
                        "the messages of three threads");
        }
        for (auto const* at : {&near, &far})
            for (auto const* name : {"p", "q", "r"})
                require_equal(detail::beginning_with(name, at->seen()), detail::numbered(500, name),
                              "one thread's messages");
        s.flush(a, b);
        require_equal(near.count() + far.count(), 3000U, "messages");
    });

    cases.add("several threads may run the io_context", [](auto& s) {
        auto& a = s.add_server();
        auto& b = s.add_server();
        recorder near;
        recorder far;
        std::atomic<int> answered = 0;
        auto const first = s.listen(a, "t", near.sink());
        auto const second = s.listen(b, "t", far.sink());
        auto const third = s.listen(
            b, "question", [&](std::string const& text) { (void)b.bus().publish("answer", text); });
        auto const fourth = s.listen(a, "answer", [&](std::string const&) { ++answered; });
        {
            io_threads const helpers(s.io(), 2);
            for (auto const& text : detail::numbered(500)) {
                a.publish("t", text);
                a.publish("question", text);
            }
            s.run_until(
                [&] { return near.count() >= 500 && far.count() >= 500 && answered >= 500; },
                "500 messages and 500 answers");
        }
        require_equal(near.seen(), detail::numbered(500), "messages on the server that published");
        require_equal(far.seen(), detail::numbered(500), "messages on another server");
    });

    if (traits.serial_delivery)
        cases.add("sinks of a server run one at a time", [](auto& s) {
            auto& a = s.add_server();
            auto& b = s.add_server();
            std::atomic<int> running = 0;
            std::atomic<int> most = 0;
            std::atomic<int> calls = 0;
            auto const watch = [&](std::string const&) {
                most = std::max<int>(most, ++running);
                ++calls;
                --running;
            };
            auto const first = s.listen(a, "t", watch);
            auto const second = s.listen(a, "u", watch);
            auto const third = s.listen(a, s.by_pattern({"?"}, "t"), watch);
            {
                io_threads const helpers(s.io(), 2);
                workers publishers;
                for (auto const* from : {&a, &b})
                    publishers.start([from] {
                        for (int i = 0; i < 250; ++i) {
                            (void)from->bus().publish("t", "x");
                            (void)from->bus().publish("u", "x");
                        }
                    });
                auto const expected = s.traits().patterns == pattern_support::glob ? 2000 : 1500;
                s.run_until([&] { return calls >= expected; }, "all calls");
            }
            require_equal(most.load(), 1, "sinks that ran at the same time");
        });

    cases.add("no thread's messages come that were published after reset returned", [](auto& s) {
        auto& a = s.add_server({.max_queue_messages = 64});
        auto& b = s.add_server({.max_queue_messages = 64});
        constexpr int rounds = 50;
        std::atomic<int> round = 0;
        std::atomic<int> late = 0;
        std::atomic<int> calls = 0;
        auto const stays = s.listen(a, "t", [&](std::string const&) { ++calls; });
        {
            workers publishers;
            for (auto const* from : {&a, &b})
                publishers.start([&, from] {
                    for (int now = 0; (now = round) < rounds;)
                        if (from->bus().publish("t", std::to_string(now)))
                            std::this_thread::yield(); // the queue is full
                });
            while (round < rounds) {
                auto ends = s.listen(a, "t", [&, mine = round.load()](std::string const& now) {
                    late += std::stoi(now) > mine ? 1 : 0;
                });
                auto const before = calls.load();
                s.run_until([&] { return calls > before; }, "a message");
                ends.reset();
                ++round; // what carries this number is published from now on
            }
        }
        s.flush(a, a);
        s.flush(b, a);
        require_equal(late.load(), 0, "messages published after reset had returned");
    });

    cases.add("threads may come and go while others publish", [](auto& s) {
        auto& a = s.add_server();
        auto& b = s.add_server();
        std::atomic<unsigned> calls = 0;
        auto const always = s.listen(a, "topic 0", [&](std::string const&) { ++calls; });
        {
            io_threads const helpers(s.io(), 1);
            workers all;
            for (unsigned seed : {1U, 2U}) {
                all.start([&, seed] { // comes and goes
                    std::minstd_rand random(seed);
                    std::vector<subscription> held(4);
                    for (int i = 0; i < 400; ++i) {
                        auto const name = "topic " + std::to_string(random() % 4);
                        auto const sink = [&](std::string const&) { ++calls; };
                        auto const glob = name.substr(0, 6) + "?";
                        held[random() % 4] =
                            random() % 4 == 0 ? a.bus().template subscribe<std::string>(
                                                    s.by_pattern({glob}, name), sink)
                                              : a.bus().template subscribe<std::string>(name, sink);
                        held[random() % 4].reset();
                    }
                });
                all.start([&, seed] { // publishes
                    auto const& from = seed == 1 ? a : b;
                    for (int i = 0; i < 400; ++i)
                        (void)from.bus().publish("topic " + std::to_string(i % 4), "x");
                });
            }
            all.start([&] { // comes and goes with a whole bus
                for (int i = 0; i < 100; ++i) {
                    hubbub::bus<Transport, text_serializer> brief(a.transport());
                    auto const one = brief.template subscribe<std::string>(
                        "topic 0", [&](std::string const&) { ++calls; });
                    auto const two = brief.template subscribe<std::string>(
                        s.by_pattern({"topic *"}, "topic 1"), [&](std::string const&) { ++calls; });
                    (void)brief.publish("topic 1", "x");
                }
            });
            s.run_until([&] { return all.done(); }, "all threads to end");
        }
        s.flush(a, a);
        s.flush(b, a);
        require(calls >= 200, "the one that stays gets all messages of its topic");

        recorder seen;
        auto const made = s.listen(a, "topic 1", seen.sink());
        b.publish("topic 1", "after the storm");
        s.flush(b, a);
        require_equal(seen.count(), 1U, "messages after the storm");
    });

    cases.add("close from another thread loses count of nothing", [](auto& s) {
        for (int round = 0; round < 5; ++round) {
            auto& a = s.add_server();
            auto& b = s.add_server();
            std::atomic<unsigned> calls = 0;
            std::atomic<unsigned> handled = 0;
            std::atomic<unsigned> asked = 0;
            auto const first = s.listen(b, "t", [&](std::string const&) { ++calls; });
            auto const second = s.listen(a, "t", [&](std::string const&) { ++calls; });
            {
                workers all;
                for (int i = 0; i < 2; ++i)
                    all.start([&] {
                        std::error_code last;
                        while (last != errc::closed) {
                            last = a.bus().publish("t", "x");
                            ++asked;
                            a.bus().async_publish(
                                "t", "x", [&](std::error_code, receiver_count) { ++handled; });
                            if (last == errc::queue_full)
                                std::this_thread::yield();
                        }
                    });
                all.start([&] {
                    while (asked < 200)
                        std::this_thread::yield();
                    a.transport().close();
                });
                s.run_until([&] { return all.done(); }, "all threads to end");
            }
            require_equal(a.bus().state(), link_state::closed, "state after close");
            s.run_until([&] { return handled >= asked; }, "each handler");
            require_equal(a.bus().statistics().published, 2U * asked, "published");
            s.flush(b, b);
        }
    });
}

} // namespace hubbub::testing
