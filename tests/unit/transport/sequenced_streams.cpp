// Which streams are older than a subscription, and what of them is missing.
#include "support/two_servers.hpp"

#include <hubbub/bus.hpp>
#include <hubbub/serializer/text.hpp>
#include <hubbub/testing/faulty.hpp>
#include <hubbub/transport/local.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace sequenced_streams_test {

using namespace std::chrono_literals;
using strings = std::vector<std::string>;

namespace {

/// Five messages on "u" that are older than the subscription to it.
struct late_subscriber : two_servers {
    late_subscriber() {
        for (auto const* const text : {"1", "2", "3", "4", "5"})
            say(text);
        time.run_for(2s);
    }

    void say(std::string const& text) { CHECK(!sending.publish("u", text)); }

    void subscribe() {
        late = receiving.subscribe<std::string>("u", [this](auto const& m) { seen.push_back(m); });
    }

    hubbub::subscription late;
};

} // namespace

TEST_SUITE_BEGIN("sequenced");

TEST_CASE("who subscribes while the publisher is away misses nothing of what was before") {
    late_subscriber f;
    f.sender_link.cut();
    f.subscribe();
    f.time.run_for(3s);
    f.sender_link.heal();
    SUBCASE("when a message is the first that is heard of it") {
        f.say("6");
        f.time.run_for(1min);
        CHECK(f.seen == strings{"6"});
    }
    SUBCASE("when a beacon is") {
        f.time.run_for(1min);
    }
    CHECK(f.gaps.empty());
    f.seen.clear();

    f.receiver_link.cut();
    f.say("7");
    f.time.run_for(1s);
    f.receiver_link.heal();
    f.time.run_for(1min);
    CHECK(f.gaps.size() == 1);
    CHECK(f.seen.empty());
}

TEST_CASE("who could not ask when he subscribed misses nothing of what was before") {
    late_subscriber f;
    f.receiver_link.cut();
    f.subscribe();
    f.time.run_for(1h);
    f.receiver_link.heal();
    f.say("6");
    f.time.run_for(1min);
    CHECK(f.gaps.empty());
    CHECK(f.seen == strings{"6"});
}

TEST_CASE("a stream that began after the subscription is missing its beginning, exactly") {
    two_servers f;
    f.time.run_for(2s);
    f.receiver_link.cut();
    for (auto const* const text : {"1", "2"})
        f.publish(text);
    SUBCASE("when its publisher answers, one round trip after the link is whole") {
        f.time.run_for(10ms);
        f.receiver_link.heal();
        f.time.run_for(25ms);
        CHECK(f.gaps == strings{"1-2"});
    }
    SUBCASE("a round trip after the first message that comes, where the question was lost") {
        f.time.run_for(10ms);
        f.sender_link.cut();
        f.receiver_link.heal();
        f.time.run_for(10min);
        f.sender_link.heal();
        f.publish("3");
        f.time.run_for(25ms);
        CHECK(f.gaps == strings{"1-2"});
        CHECK(f.seen == strings{"3"});
    }
    f.time.run_for(1h);
    CHECK(f.gaps.size() == 1);
}

TEST_CASE("a queue that is full when the link is back delays the question until there is room") {
    two_servers f({}, {.delay = {1ms, 1ms}, .limits = {.max_queue_messages = 2}});
    f.begin();
    f.receiver_link.cut();
    f.publish("2");
    for (auto const* const text : {"a", "b"})
        CHECK(!f.receiving.publish("of its own", text));
    f.time.run_for(33s); // the next beacon comes half a minute later
    CHECK(f.receiving.publish("of its own", "c") == hubbub::errc::queue_full);
    f.receiver_link.heal();
    f.time.run_for(30ms);
    CHECK(f.gaps == strings{"2-2"});
}

TEST_CASE("a queue that is full when somebody asks delays the answer until there is room") {
    two_servers f({}, {.delay = {1ms, 1ms}, .limits = {.max_queue_messages = 2}});
    f.begin();
    f.receiver_link.cut();
    f.publish("2");
    f.time.run_for(33s);
    f.receiver_link.heal();
    f.time.run_for(1500us); // the question is on its way in
    for (auto const* const text : {"a", "b"})
        CHECK(!f.sending.publish("another", text));
    f.time.run_for(30ms);
    CHECK(f.gaps == strings{"2-2"});
}

TEST_CASE("what is published first while the link is down, and lost, is told after however long") {
    two_servers f;
    f.time.run_for(1min); // more than a thousandth of what follows
    f.sender_link.cut();
    f.publish("1");
    f.publish("2");
    f.time.run_for(3h);
    SUBCASE("when nothing follows") {
        f.receiver_link.cut();
        f.sender_link.heal();
        f.time.run_for(1s);
        f.receiver_link.heal();
        f.time.run_for(1s);
    }
    SUBCASE("when something follows") {
        f.receiver_link.cut();
        f.sender_link.heal();
        f.time.run_for(0s);
        f.receiver_link.heal();
        f.publish("3");
        f.time.run_for(1s);
    }
    CHECK(f.gaps == strings{"1-2"});
}

TEST_CASE("however many ask at a time, each topic is told about once") {
    two_servers f;
    std::deque<hubbub::local_transport> transports;
    std::vector<std::unique_ptr<two_servers::link>> links;
    std::deque<two_servers::numbered_link> others;
    std::deque<two_servers::bus_type> buses;
    std::vector<hubbub::subscription> subscriptions;
    constexpr int askers = 10;
    for (int i = 0; i < askers; ++i) {
        auto& below = transports.emplace_back(f.io.get_executor(), f.broker);
        auto& link = *links.emplace_back(std::make_unique<two_servers::link>(below));
        auto& bus = buses.emplace_back(others.emplace_back(link));
        subscriptions.push_back(bus.subscribe<std::string>("t", [](auto const&) {}));
    }
    f.publish("1");
    f.time.run_for(2s);
    hubbub::local_transport elsewhere{f.io.get_executor(), f.broker};
    hubbub::bus<hubbub::local_transport, hubbub::text_serializer> wire{elsewhere};
    int beacons = 0;
    auto const watch = wire.subscribe<std::string>("t", [&](auto const&) { ++beacons; });
    f.time.run_for(10ms);
    for (auto& link : links)
        link->cut();
    f.publish("2");
    f.time.run_for(10ms);
    beacons = 0;
    for (auto& link : links)
        link->heal();
    f.time.run_for(100ms);
    CHECK(beacons == 1);
    for (auto& other : others)
        CHECK(other.statistics().lost == 1);
}

TEST_SUITE_END();

} // namespace sequenced_streams_test
