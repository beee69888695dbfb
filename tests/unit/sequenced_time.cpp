// What `sequenced` does when nothing comes, in a test's time.
#include <hubbub/transport/sequenced.hpp>

#include <hubbub/bus.hpp>
#include <hubbub/serializer/text.hpp>
#include <hubbub/testing/virtual_time.hpp>
#include <hubbub/transport/local.hpp>

#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

using namespace std::chrono_literals;

namespace {

/// A local transport that delivers on its executor alone, and says so.
struct serial_transport : hubbub::local_transport {
    static constexpr hubbub::transport_traits traits{.agreed_order = true};
    using local_transport::local_transport;
};

/// A numbered bus in a test's time, and what others on the backplane see of it, and when.
struct numbered {
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
    serial_transport transport{io.get_executor(), broker};
    hubbub::sequenced<serial_transport> sequenced{transport};
    hubbub::bus<hubbub::sequenced<serial_transport>, hubbub::text_serializer> bus{sequenced};

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

TEST_CASE("a topic that is published on again is busy, and its beacons begin anew") {
    numbered n;
    n.publish("hello");
    CHECK(n.pauses(3) == std::vector{1s, 2s, 4s});
    n.publish("again");
    CHECK(n.pauses(2) == std::vector{1s, 2s});
    CHECK(n.frames.back() == "2");
}

TEST_CASE("a topic idle for ten minutes is forgotten, and its beacons end") {
    numbered n;
    n.publish("hello");
    n.time.run_for(10min);
    auto const until_then = n.frames.size();
    n.time.run_for(24h);
    CHECK(n.frames.size() == until_then);
}

TEST_CASE("who only subscribes forgets what is silent, as who publishes does") {
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
    SUBCASE("what is silent for twice as long at the most is not") {
        n.time.run_for(20min);
        hear("00000000ab000001 1 a");
        CHECK(n.sequenced.statistics().duplicates == 0);
        CHECK(texts == std::vector<std::string>{"a", "a"});
    }
}

TEST_SUITE_END();
