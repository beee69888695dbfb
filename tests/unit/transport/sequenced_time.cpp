// What `sequenced` does when nothing comes, in a test's time.
#include "support/two_servers.hpp"

#include <hubbub/base/timer.hpp>
#include <hubbub/bus.hpp>
#include <hubbub/serializer/text.hpp>
#include <hubbub/testing/virtual_time.hpp>
#include <hubbub/transport/local.hpp>
#include <hubbub/transport/sequenced.hpp>

#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace sequenced_time_test {

using namespace std::chrono_literals;

namespace {

/// A numbered bus in a test's time, and what others on the backplane see of it, and when.
struct numbered {
    explicit numbered(hubbub::sequence_options const& o = {}) : sequenced(transport, o) {}

    void publish(std::string_view text) {
        CHECK(!bus.publish("t", text));
        time.run_for(0s);
        last = time.now();
    }

    /// The seconds until each of the next frames.
    std::vector<std::chrono::seconds> pauses(std::size_t count) {
        std::vector<std::chrono::seconds> between;
        while (between.size() < count) {
            auto const before = frames.size();
            time.run_until([&] { return frames.size() > before; }, "a beacon");
            between.push_back(std::chrono::duration_cast<std::chrono::seconds>(time.now() - last));
            last = time.now();
        }
        return between;
    }

    asio::io_context io;
    hubbub::testing::virtual_time time{io};
    hubbub::local_broker broker;
    hubbub::local_transport transport{io.get_executor(), broker};
    hubbub::sequenced<hubbub::local_transport> sequenced;
    hubbub::bus<hubbub::sequenced<hubbub::local_transport>, hubbub::text_serializer> bus{sequenced};

    hubbub::local_transport elsewhere{io.get_executor(), broker};
    hubbub::bus<hubbub::local_transport, hubbub::text_serializer> wire{elsewhere};
    std::vector<std::string> frames;
    hubbub::subscription watch = wire.subscribe<std::string>(
        "t", [this](std::string const& frame) { frames.push_back(frame.substr(17)); });
    hubbub::testing::virtual_time::time_point last;
};

} // namespace

TEST_SUITE_BEGIN("sequenced");

TEST_CASE("an idle topic gets a beacon after a second, then ever more seldom, up to the cap") {
    numbered n;
    n.publish("hello");
    CHECK(n.frames == std::vector<std::string>{"1 hello"});
    CHECK(n.pauses(8) == std::vector{1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s});
    CHECK(n.frames.size() == 9);
    CHECK(n.frames.back() == "1");
}

TEST_CASE("when beacons come is an option, and one that cannot work is refused by name") {
    asio::io_context io;
    hubbub::testing::virtual_time time{io};
    hubbub::local_broker const broker;
    hubbub::sequenced hurried{hubbub::local_transport{io, broker},
                              {.beacon_interval = 10ms, .beacon_cap = 20ms}};
    hubbub::local_transport listening{io.get_executor(), broker};
    hubbub::bus<hubbub::local_transport, hubbub::text_serializer> wire{listening};
    int frames = 0;
    auto const watch = wire.subscribe<std::string>("t", [&](auto const&) { ++frames; });
    CHECK(!hurried.publish({"t", "hello"}));
    time.run_for(70ms);
    CHECK(frames == 5); // the message, and beacons at 10, 30, 50 and 70 ms

    auto const refused = [&](hubbub::sequence_options const& options, char const* named) {
        using numbered_transport = hubbub::sequenced<hubbub::local_transport>;
        CHECK_THROWS_WITH_AS(numbered_transport(listening, options), doctest::Contains(named),
                             std::invalid_argument);
    };
    refused({.beacon_interval = 0ms}, "sequence_options: beacon_interval is 0 ms");
    refused({.beacon_interval = 2min}, "sequence_options: beacon_cap is below");
    refused({.dormant_after = 1min}, "sequence_options: dormant_after is not above beacon_cap");
    refused({.settle_time = -1ms}, "sequence_options: settle_time is negative");
}

TEST_CASE("a stream that is to be forgotten never is not, however long it is idle") {
    numbered n{{.dormant_after = std::chrono::milliseconds::max()}};
    n.publish("hello");
    n.time.run_for(24h);
    n.publish("again");
    CHECK(n.frames.back() == "2 again");
}

TEST_CASE("a topic that is published on again is busy, and its beacons begin anew") {
    numbered n;
    n.publish("hello");
    CHECK(n.pauses(3) == std::vector{1s, 2s, 4s});
    n.publish("again");
    CHECK(n.pauses(2) == std::vector{1s, 2s});
    CHECK(n.frames.back() == "2");
}

TEST_CASE("a topic idle for ten minutes is dormant, and its beacons end") {
    numbered n;
    n.publish("hello");
    n.time.run_for(10min);
    auto const until_then = n.frames.size();
    n.time.run_for(24h);
    CHECK(n.frames.size() == until_then);
}

TEST_CASE("who only subscribes remembers streams that may go on") {
    numbered n;
    std::vector<std::string> texts;
    auto const s = n.bus.subscribe<std::string>("t", [&](auto const& m) { texts.push_back(m); });
    n.time.run_for(2s);
    auto const hear = [&](std::string const& frame) {
        CHECK(!n.wire.publish("t", frame));
        n.time.run_for(0s);
    };
    hear("00000000ab000001 1 a");
    SUBCASE("what is heard of again in time is remembered") {
        n.time.run_for(9min);
        hear("00000000ab000001 3 c");
        n.time.run_for(9min);
        hear("00000000ab000001 5 e");
        CHECK(n.sequenced.statistics().gaps == 2);
        CHECK(n.sequenced.statistics().lost == 2);
        CHECK(texts == std::vector<std::string>{"a", "c", "e"});
    }
    SUBCASE("however long they were silent") {
        n.time.run_for(24h);
        hear("00000000ab000001 3 c");
        CHECK(n.sequenced.statistics().lost == 1);
        CHECK(texts == std::vector<std::string>{"a", "c"});
    }
}

TEST_CASE("what its users publish is counted: no beacon, no number, and nothing less than none") {
    numbered n;
    auto const s = n.bus.subscribe<std::string>("t", [](auto const&) {});
    CHECK(!n.bus.publish("t", "hello"));
    n.time.run_until(
        [&] {
            auto const now = n.sequenced.statistics();
            CHECK(now.published == 1);
            CHECK(now.queued + now.confirmed == 1);
            CHECK(now.published_bytes == 5);
            return n.frames.size() == 5;
        },
        "beacons");
    CHECK(n.sequenced.statistics().confirmed == 1);
}

namespace {

/// Counts who asks for its state.
struct asked_transport : hubbub::local_transport {
    using local_transport::local_transport;
    hubbub::link_state state() const {
        ++times_asked;
        return local_transport::state();
    }
    static inline int times_asked = 0;
};

} // namespace

TEST_CASE("a beacon that comes due while its transport ends touches nothing of what is below") {
    asio::io_context io;
    hubbub::testing::virtual_time time{io};
    std::optional<asked_transport> below(std::in_place, io, hubbub::local_broker{});
    std::optional<hubbub::sequenced<asked_transport>> numbered(std::in_place, *below);
    bool due = false;
    hubbub::detail::timer alarm(io.get_executor());
    alarm.expires_at(time.now() + 1s);
    alarm.async_wait([&](std::error_code /*none*/) { due = true; });
    CHECK(!numbered->publish({"t", "x"}, {}));
    time.run_until([&] { return due; }, "the time of the beacon, whose handler is the next");
    numbered.reset();
    below.reset();
    auto const before = asked_transport::times_asked;
    time.run_for(1h);
    CHECK(asked_transport::times_asked == before);
}

namespace {

/// Does something in the middle of an unsubscribe.
struct interrupted_transport : hubbub::local_transport {
    using local_transport::local_transport;
    void unsubscribe(hubbub::topic_filter const& what, hubbub::message_sink const& s) noexcept {
        if (*meanwhile)
            std::exchange(*meanwhile, nullptr)();
        local_transport::unsubscribe(what, s);
    }
    std::shared_ptr<std::function<void()>> meanwhile = std::make_shared<std::function<void()>>();
};

} // namespace

TEST_CASE("who subscribes while the last other unsubscribes gets each message once") {
    asio::io_context io;
    interrupted_transport below(io.get_executor(), hubbub::local_broker{});
    hubbub::sequenced<interrupted_transport> numbered(below);
    using bus_type = hubbub::bus<hubbub::sequenced<interrupted_transport>, hubbub::text_serializer>;
    bus_type one(numbered);
    bus_type two(numbered);
    auto leaving = one.subscribe<std::string>("t", [](auto const&) {});
    io.poll();

    std::vector<std::string> seen;
    hubbub::subscription coming;
    *below.meanwhile = [&] { // as another thread may
        coming = two.subscribe<std::string>("t", [&](auto const& m) { seen.push_back(m); });
        CHECK(!two.publish("t", "1"));
        io.restart();
        io.poll();
    };
    leaving.reset();
    CHECK(!two.publish("t", "2"));
    io.restart();
    io.poll();
    CHECK(seen == std::vector<std::string>{"1", "2"});
}

TEST_CASE("a message that fits behind its number finds room when nothing else waits") {
    asio::io_context io;
    hubbub::local_broker const broker;
    std::string const payload(80, 'x');
    std::size_t const whole = std::string_view("t0123456789abcdef 1 ").size() + payload.size();
    hubbub::local_transport transport(io.get_executor(), broker,
                                      {.limits = {.max_queue_bytes = whole}});
    hubbub::sequenced<hubbub::local_transport> sequenced(transport);
    bool has_room = false;
    sequenced.wait_for_room(1 + payload.size(),
                            {io.get_executor(), [&](std::error_code error) { has_room = !error; }});
    io.poll();
    CHECK(has_room);
    CHECK(!sequenced.publish({"t", payload, {}}));
}

TEST_CASE("who was away for hours learns exactly what he missed") {
    two_servers f;
    f.begin();
    f.receiver_link.cut();
    auto pause = 0min;
    SUBCASE("of a topic that was busy") {
        pause = 9min;
    }
    SUBCASE("of one that has long been dormant") {
        pause = 5h;
    }
    for (auto const* const text : {"2", "3", "4"}) {
        f.publish(text);
        f.time.run_for(pause);
    }
    f.receiver_link.heal();
    f.time.run_for(25ms);
    CHECK(f.gaps == std::vector<std::string>{"2-4"});
    f.publish("5");
    f.time.run_for(5s);
    CHECK(f.seen == std::vector<std::string>{"1", "5"});
    CHECK(f.gaps == std::vector<std::string>{"2-4"});
}

TEST_CASE(
    "who was away for hours learns what he missed though the publisher did not hear him ask") {
    two_servers f;
    f.begin();
    f.receiver_link.cut();
    f.publish("2");
    f.time.run_for(5h);
    f.sender_link.cut();
    f.receiver_link.heal();
    f.time.run_for(1min);
    CHECK(f.gaps.empty());
    f.sender_link.heal();
    f.time.run_for(2s);
    CHECK(f.gaps == std::vector<std::string>{"2-2"});
}

TEST_CASE("a publisher that was away for hours goes on counting, and tells what its link lost") {
    two_servers f;
    f.begin();
    f.receiver_link.cut();
    f.publish("2");
    f.time.run_for(0s);
    f.sender_link.cut();
    SUBCASE("to those that were away too") {
        f.time.run_for(3h);
        f.receiver_link.heal();
    }
    SUBCASE("to those that were not") {
        f.receiver_link.heal();
        f.time.run_for(3h);
    }
    f.time.run_for(1s);
    CHECK(f.gaps.empty());
    f.sender_link.heal();
    f.time.run_for(1ms);
    CHECK(f.gaps == std::vector<std::string>{"2-2"});
    CHECK(f.seen == std::vector<std::string>{"1"});
}

TEST_CASE("a publisher that was away for hours begins no false gap at those who were not") {
    two_servers f;
    f.time.run_for(2s);
    for (auto const* const text : {"1", "2"})
        f.publish(text);
    f.time.run_for(1s);
    f.sender_link.cut();
    f.time.run_for(3h);
    f.sender_link.heal();
    f.publish("3");
    f.time.run_for(5s);
    CHECK(f.seen == std::vector<std::string>{"1", "2", "3"});
    CHECK(f.gaps.empty());
}

TEST_CASE(
    "a publisher that ends takes along what it alone knew: that its last messages were lost") {
    two_servers f;
    f.time.run_for(2s);
    f.publish("1");
    f.time.run_for(10ms);
    f.receiver_link.cut();
    f.publish("2");
    f.time.run_for(10ms);
    f.sender.close();
    f.receiver_link.heal();
    f.time.run_for(1h);
    CHECK(f.seen == std::vector<std::string>{"1"});
    CHECK(f.gaps.empty());
}

TEST_CASE(
    "a message that is lost for a topic and for a pattern is lost twice, as it had come twice") {
    two_servers f;
    auto const s = f.receiving.subscribe<std::string>(hubbub::pattern{"*"},
                                                      [&](auto const& m) { f.seen.push_back(m); });
    f.begin();
    f.receiver_link.cut();
    f.publish("2");
    f.time.run_for(1s);
    f.receiver_link.heal();
    f.time.run_for(5s);
    CHECK(f.seen == std::vector<std::string>{"1", "1"});
    CHECK(f.gaps == std::vector<std::string>{"2-2", "2-2"});
    CHECK(f.receiving.statistics().lost == 2);
}

TEST_CASE("what a full receiving queue drops in this process is a gap too") {
    two_servers f{{.limits = {.max_queue_messages = 2}}};
    f.time.run_for(2s);
    for (auto const* const text : {"1", "2", "3", "4", "5"})
        f.publish(text);
    f.time.run_for(5s);
    CHECK(f.seen == std::vector<std::string>{"1", "2"});
    CHECK(f.gaps == std::vector<std::string>{"3-5"});
    CHECK(f.receiving.statistics().dropped == 3);
}

TEST_SUITE_END();

} // namespace sequenced_time_test
