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

TEST_CASE("a publisher forgets an idle topic, and begins a new stream that misses nothing") {
    numbered_stream l;
    l.settle();
    CHECK(l.receive(l.send()) == names{"deliver"});
    l.now += l.options.forget_after;
    l.sender.tick(l.now, [](auto, auto const&) {
        FAIL("a beacon for what is forgotten");
        return true;
    });
    l.receiver.tick(l.now);
    CHECK(l.sender.deadline() == time_point::max());
    auto const again = l.send();
    CHECK(again.starts_with("00000000ab000002 1 "));
    CHECK(l.receive(again) == names{"deliver"});
}

TEST_CASE("the return of a link has the topics told at once that were published on before") {
    numbered_stream l;
    l.send();
    l.now += 3 * l.options.forget_after;
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

TEST_CASE(
    "during an outage a topic that began before is kept, and one that began since is forgotten") {
    numbered_stream l;
    l.send("before");
    l.sender.tick_down(l.now);
    l.now += 1ms;
    l.send("since");
    for (int i = 0; i < 3; ++i) {
        l.now += l.options.forget_after;
        l.sender.tick_down(l.now);
    }
    l.sender.resume(l.now);
    CHECK(l.beacons() == names{"before: 00000000ab000001 1"});
}

TEST_SUITE_END();

} // namespace sequence_test
