// SPDX-License-Identifier: MIT
#include "support/numbered_stream.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <string>

namespace sequence_test {

using namespace std::chrono_literals;

TEST_SUITE_BEGIN("sequence");

TEST_CASE("beacons come when a topic falls idle, then ever more seldom, and for ever") {
    numbered_stream l;
    l.send();
    auto last = l.now;
    for (auto const pause : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
        CHECK(l.beacons().size() == 1);
        CHECK(l.now - last == pause);
        last = l.now;
    }
    l.send();
    CHECK(l.sender.deadline() <= l.now + 1s); // busy again, and then idle again
}

TEST_CASE("a publish that was refused uses no number") {
    numbered_stream l;
    l.settle();
    l.send("u");
    l.sender.unsend("u");
    CHECK(l.receive(l.send()) == names{"deliver"});
    l.send();
    l.sender.unsend("t");
    CHECK(l.receive(l.send()) == names{"deliver"});
    CHECK(l.beacons().size() == 1); // none for what was never published on
}

TEST_CASE(
    "an idle topic falls dormant: it gets no beacons, answers who asks, and goes on counting") {
    numbered_stream l;
    l.settle();
    CHECK(l.receive(l.send()) == names{"deliver"});
    l.send(); // which is lost
    l.now += l.options.dormant_after;
    l.sender.tick(l.now, [](auto, auto const&) {
        FAIL("a beacon of what is dormant");
        return true;
    });
    CHECK(l.sender.deadline() == time_point::max());
    SUBCASE("by an answer the loss is told, however late") {
        l.now += 24h;
        CHECK(l.receive(l.answer(l.question())) == names{"missing 2-2"});
        CHECK(l.sender.deadline() == time_point::max());
    }
    SUBCASE("or by the next message") {
        CHECK(l.receive(l.send()) == names{"missing 2-2", "deliver"});
        CHECK(l.sender.deadline() == l.now + l.options.beacon_interval);
    }
    SUBCASE("an outage wakes none") {
        l.sender.resume(l.now);
        CHECK(l.sender.deadline() == time_point::max());
    }
}

TEST_CASE("of dormant topics beyond the bound the first are forgotten, and begin anew") {
    numbered_stream l;
    l.options.max_dormant = 2;
    for (auto const* const topic : {"a", "b", "c"}) {
        l.send(topic);
        l.now += 1s;
    }
    while (l.sender.deadline() < time_point::max())
        l.beacons();
    CHECK(l.send("c").starts_with("00000000ab000003 2 "));
    CHECK(l.send("b").starts_with("00000000ab000002 2 "));
    CHECK(l.send("a").starts_with("00000000ab000004 1 "));
}

TEST_CASE("the return of a link has the topics told at once that were published on before") {
    numbered_stream l;
    l.send();
    l.now += 3 * l.options.dormant_after;
    l.sender.resume(l.now);
    auto const back = l.now;
    CHECK(l.beacons() == names{"t: 00000000ab000001 1"});
    CHECK(l.now == back);
    CHECK(l.beacons() == names{"t: 00000000ab000001 1"});
    CHECK(l.now - back == l.options.beacon_interval);
}

TEST_CASE("however many topics are due, a tick sends a bounded number of beacons and each topic "
          "gets one") {
    numbered_stream l;
    constexpr std::size_t topics = 1000;
    for (std::size_t i = 0; i < topics; ++i)
        l.send(std::to_string(i));
    std::map<std::string, int> told;
    std::size_t most = 0;
    auto const tick = [&] {
        std::size_t sent = 0;
        l.sender.tick(l.now, [&](auto topic, auto const&) {
            ++told[std::string(topic)];
            ++sent;
            return true;
        });
        most = std::max(most, sent);
    };
    SUBCASE("after an outage") {
        l.sender.resume(l.now);
    }
    SUBCASE("when they fall idle together") {
        l.now = l.sender.deadline();
    }
    while (l.sender.deadline() <= l.now)
        tick();
    CHECK(most == sequence_sender::batch);
    CHECK(told.size() == topics);
    CHECK(std::all_of(told.begin(), told.end(), [](auto const& t) { return t.second == 1; }));
}

TEST_CASE("a beacon that was not sent stays due") {
    numbered_stream l;
    l.send();
    l.now = l.sender.deadline();
    l.sender.tick(l.now, [](auto, auto const&) { return false; });
    CHECK(l.sender.deadline() == l.now);
    CHECK(l.beacons() == names{"t: 00000000ab000001 1"});
}

TEST_CASE("what is published on goes on being due one interval later, however long it was idle") {
    numbered_stream l;
    l.send();
    for (int i = 0; i < 10; ++i)
        l.beacons();
    l.now += 1ms;
    l.send();
    auto const sent = l.now;
    CHECK(l.beacons() == names{"t: 00000000ab000001 2"});
    CHECK(l.now - sent == l.options.beacon_interval);
}

TEST_CASE("a topic beyond those that are numbered at a time is refused, until one falls dormant") {
    numbered_stream l;
    l.options.max_topics = 2;
    l.send("a");
    l.now += 1s;
    l.send("b");
    CHECK(!l.sender.next("c", "x", l.now));
    CHECK(l.sender.next("a", "x", l.now));
    l.now += l.options.dormant_after;
    l.sender.tick(l.now, [](auto, auto const&) { return true; });
    CHECK(l.sender.next("c", "x", l.now));
}

TEST_CASE("one beacon answers all who asked meanwhile, and tells nobody twice") {
    numbered_stream l;
    l.send();
    auto const asked = sequence_ms(l.now.time_since_epoch());
    l.sender.answer({"aaaaaaaaaa", asked}, "t", l.now);
    l.sender.answer({"bbbbbbbbbb", asked}, "t", l.now + 1ms);
    CHECK(l.sender.deadline() == l.now + sequence_sender::gathering_time);
    auto const said = l.beacons();
    CHECK(said == names{"t: 00000000ab000001 1@aaaaaaaaaa 3600000 2@bbbbbbbbbb 3600000 3"});
    CHECK(l.beacons() == names{"t: 00000000ab000001 1"});
}

TEST_CASE("a refused publish on a new topic uses up no stream") {
    numbered_stream l;
    for (int i = 0; i < 3; ++i) {
        l.send("a");
        l.sender.unsend("a");
    }
    CHECK(l.send("b").starts_with("00000000ab000001 1 "));
}

TEST_CASE("a topic whose beacon is refused stays awake until one is not") {
    numbered_stream l;
    l.send();
    auto const until = l.now + 3 * l.options.dormant_after;
    while (l.now < until) {
        CHECK(l.beacons().size() == 1);
        l.sender.keep_awake("t", l.now);
    }
    CHECK(l.sender.deadline() < time_point::max());
}

TEST_CASE("an asker is answered once however often he asks, and what waits is bounded") {
    numbered_stream l;
    l.send();
    for (int i = 0; i < 100; ++i)
        l.sender.answer({"aaaaaaaaaa", 3600000}, "t", l.now);
    CHECK(l.beacons() == names{"t: 00000000ab000001 1@aaaaaaaaaa 3600000 2"});
    for (int i = 0; i < 10'000; ++i) {
        auto const digits = std::to_string(1'000'000'000 + i);
        l.sender.answer({digits, 3600000}, "t", l.now);
    }
    std::size_t bytes = 0;
    l.now += sequence_sender::gathering_time;
    while (l.sender.deadline() <= l.now)
        for (auto const& frame : l.beacons())
            bytes += frame.size();
    CHECK(bytes > 10'000);
    CHECK(bytes < 20'000);
}

TEST_CASE("more answers than one beacon bears go with the next, at once, and none is lost") {
    numbered_stream l;
    l.send();
    auto const id = [](int i) { return "000000000" + std::string(1, static_cast<char>('a' + i)); };
    sequence_sender small{l.options, 0xcd, 60};
    CHECK(small.next("t", "x", l.now));
    for (int i = 0; i < 5; ++i)
        small.answer({id(i), 3600000}, "t", l.now);
    names told;
    l.now += sequence_sender::gathering_time;
    while (small.deadline() <= l.now)
        small.tick(l.now, [&](auto, auto const& frame) {
            CHECK(frame.answers.size() <= 60);
            for (int i = 0; i < 5; ++i)
                if (sequence_frame::parse(text(frame))->answer_to(id(i)))
                    told.push_back(id(i));
            return true;
        });
    CHECK(told == names{id(0), id(1), id(2), id(3), id(4)});
}

TEST_SUITE_END();

} // namespace sequence_test
