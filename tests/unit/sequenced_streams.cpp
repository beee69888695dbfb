// Which streams are older than a subscription, and what of them is missing.
#include "support/two_servers.hpp"

#include <hubbub/bus.hpp>
#include <hubbub/serializer/text.hpp>
#include <hubbub/testing/faulty.hpp>
#include <hubbub/transport/local.hpp>

#include <doctest/doctest.h>

#include <chrono>
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
        f.time.run_for(1ms);
        CHECK(f.gaps == strings{"1-2"});
    }
    SUBCASE("a round trip after the first message that comes, where the question was lost") {
        f.time.run_for(10ms);
        f.sender_link.cut();
        f.receiver_link.heal();
        f.time.run_for(10min);
        f.sender_link.heal();
        f.publish("3");
        f.time.run_for(1ms);
        CHECK(f.gaps == strings{"1-2"});
        CHECK(f.seen == strings{"3"});
    }
    f.time.run_for(1h);
    CHECK(f.gaps.size() == 1);
}

TEST_CASE("a queue that is full when the link is back delays the question until there is room") {
    two_servers f({}, {.delay = {1ms, 1ms}, .limits = {.max_queue_messages = 2}});
    f.time.run_for(2s);
    f.publish("1");
    f.time.run_for(1s);
    f.receiver_link.cut();
    f.publish("2");
    for (auto const* const text : {"a", "b"})
        CHECK(!f.receiving.publish("of its own", text));
    f.time.run_for(33s); // the next beacon comes half a minute later
    CHECK(f.receiving.publish("of its own", "c") == hubbub::errc::queue_full);
    f.receiver_link.heal();
    f.time.run_for(10ms);
    CHECK(f.gaps == strings{"2-2"});
}

TEST_CASE("a queue that is full when somebody asks delays the answer until there is room") {
    two_servers f({}, {.delay = {1ms, 1ms}, .limits = {.max_queue_messages = 2}});
    f.time.run_for(2s);
    f.publish("1");
    f.time.run_for(1s);
    f.receiver_link.cut();
    f.publish("2");
    f.time.run_for(33s);
    f.receiver_link.heal();
    f.time.run_for(1500us); // the question is on its way in
    for (auto const* const text : {"a", "b"})
        CHECK(!f.sending.publish("another", text));
    f.time.run_for(10ms);
    CHECK(f.gaps == strings{"2-2"});
}

TEST_CASE("what is published first while the link is down is forgotten when it falls idle") {
    two_servers f;
    hubbub::local_transport elsewhere{f.io.get_executor(), f.broker};
    hubbub::bus<hubbub::local_transport, hubbub::text_serializer> wire{elsewhere};
    strings frames;
    auto const watch = wire.subscribe<std::string>(hubbub::pattern{"*"}, [&](auto const& frame) {
        if (frame.find_last_of(' ') > 16) // no beacon
            frames.push_back(frame.substr(17));
    });
    f.publish("a");
    f.time.run_for(1s);
    f.sender_link.cut();
    f.time.run_for(1ms);
    CHECK(!f.sending.publish("new", "b"));
    f.time.run_for(21min);
    CHECK(!f.sending.publish("new", "c"));
    f.publish("d");
    f.time.run_for(1min);
    f.sender_link.heal();
    f.time.run_for(1s);
    std::erase_if(frames, [](auto const& frame) { // questions and answers
        return frame.find_first_of("t@") != frame.npos;
    });
    CHECK(frames == strings{"1 a", "1 b", "1 c", "2 d"});
}

TEST_SUITE_END();

} // namespace sequenced_streams_test
