// What each fault of a `faulty` transport does, in a test's time.
#include <hubbub/memory_budget.hpp>
#include <hubbub/testing/faulty.hpp>

#include <hubbub/bus.hpp>
#include <hubbub/serializer/text.hpp>
#include <hubbub/testing/virtual_time.hpp>
#include <hubbub/transport/any.hpp>
#include <hubbub/transport/sequenced.hpp>

#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace faulty_test {

using namespace std::chrono_literals;
using hubbub::errc;
using hubbub::link_state;
using hubbub::testing::faults;
using lines = std::vector<std::string>;

namespace {

/// A server behind a faulty link, and one that publishes to it over a good one.
struct setup {
    explicit setup(faults const& f = {}) : link(below, f) {
        bus.set_observer([this](hubbub::event const& e) {
            if (std::get_if<hubbub::link_lost>(&e))
                events.emplace_back("lost");
            if (auto const* whole = std::get_if<hubbub::link_up>(&e))
                events.push_back("whole after " + std::to_string(whole->away.count()));
            if (auto const* unknown = std::get_if<hubbub::publishes_unknown>(&e))
                events.push_back("unknown " + std::to_string(unknown->count));
        });
        time.run_for(0s);
    }

    /// Others publish so many numbered messages, one a millisecond.
    void receive(int count) {
        for (int i = 0; i < count; ++i) {
            CHECK(!others.publish("t", std::to_string(i)));
            time.run_for(1ms);
        }
    }

    /// Publishes, and remembers the outcome.
    void publish(std::string const& text) {
        bus.async_publish("u", text, [this, text](std::error_code error, hubbub::receiver_count) {
            outcomes.push_back(text + ": " + (error ? error.message() : "ok"));
        });
    }

    asio::io_context io;
    hubbub::testing::virtual_time time{io};
    hubbub::local_broker broker;
    hubbub::local_transport below{io.get_executor(), broker};
    hubbub::testing::faulty<hubbub::local_transport> link;
    hubbub::bus<decltype(link), hubbub::text_serializer> bus{link};
    hubbub::local_transport elsewhere{io.get_executor(), broker};
    hubbub::bus<hubbub::local_transport, hubbub::text_serializer> others{elsewhere};

    lines seen;
    lines sent;
    lines events;
    lines outcomes;
    hubbub::subscription in =
        bus.subscribe<std::string>("t", [this](std::string const& text) { seen.push_back(text); });
    hubbub::subscription out = others.subscribe<std::string>(
        "u", [this](std::string const& text) { sent.push_back(text); });
};

lines numbers(int count) {
    lines all;
    for (int i = 0; i < count; ++i)
        all.push_back(std::to_string(i));
    return all;
}

} // namespace

TEST_SUITE_BEGIN("faulty");

TEST_CASE("without faults all messages come, in order") {
    setup s;
    s.receive(100);
    CHECK(s.seen == numbers(100));
    CHECK(s.link.counts().arrived == 100);
    CHECK(s.link.state() == link_state::whole);
}

TEST_CASE("dropped messages do not come, the others do, and each is told in the log") {
    setup s({.seed = 3, .drop = 0.3});
    s.receive(1000);
    auto const dropped = s.link.counts().dropped;
    CHECK(dropped > 200);
    CHECK(dropped < 400);
    CHECK(s.seen.size() == 1000 - dropped);
    CHECK(s.link.log().starts_with("seed 3\n"));
    CHECK(s.link.log().find(" t: dropped\n") != std::string::npos);
}

TEST_CASE("duplicated messages come twice") {
    setup s({.duplicate = 1});
    s.receive(3);
    CHECK(s.seen == lines{"0", "0", "1", "1", "2", "2"});
    CHECK(s.link.counts().duplicated == 3);
}

TEST_CASE("delayed messages come late, on their topic in order") {
    setup s({.delay = {5ms, 50ms}});
    s.receive(5);
    CHECK(s.seen.empty());
    s.receive(200);
    s.time.run_for(50ms);
    auto expected = numbers(5);
    for (auto const& text : numbers(200))
        expected.push_back(text);
    CHECK(s.seen == expected);
}

TEST_CASE("reordered messages come later than their place") {
    setup s({.reorder = 0.2, .reorder_delay = {5ms, 20ms}});
    s.receive(200);
    s.time.run_for(20ms);
    CHECK(s.seen != numbers(200));
    std::sort(s.seen.begin(), s.seen.end());
    auto all = numbers(200);
    std::sort(all.begin(), all.end());
    CHECK(s.seen == all);
    CHECK(s.link.counts().reordered > 10);
}

TEST_CASE("while the link is cut, what others publish is lost, and the state is down") {
    setup s;
    s.receive(1);
    s.link.cut();
    CHECK(s.link.state() == link_state::down);
    s.receive(10);
    s.link.heal();
    CHECK(s.link.state() == link_state::whole);
    s.receive(1);
    CHECK(s.seen == lines{"0", "0"});
    CHECK(s.link.counts().cut_off == 10);
    CHECK(s.events == lines{"lost", "whole after 10"});
    CHECK(s.bus.statistics().link_losses == 1);
}

TEST_CASE("publishes of a cut link queue up to the limit, and go out when it has healed") {
    setup s({.limits = {.max_queue_messages = 2}});
    s.link.cut();
    for (auto const* text : {"1", "2", "3"})
        s.publish(text);
    s.time.run_for(1h);
    CHECK(s.sent.empty());
    CHECK(s.bus.statistics().queued == 2);
    CHECK(s.outcomes == lines{"3: the outgoing queue is full"});
    s.link.heal();
    s.time.run_for(1s);
    CHECK(s.sent == lines{"1", "2"});
    CHECK(s.outcomes == lines{"3: the outgoing queue is full", "1: ok", "2: ok"});
    auto const n = s.bus.statistics();
    CHECK(n.queued_bytes == 0);
    CHECK(n.queued_peak == 2);
    CHECK(n.queued_bytes_peak == 2 * std::string("t1").size());
    CHECK(n.published_bytes == 2);
}

TEST_CASE("publishes on their way out at a cut are unknown; some came through, some did not") {
    setup s({.seed = 5, .delay = {10ms, 10ms}});
    for (int i = 0; i < 100; ++i)
        s.publish("x");
    s.time.run_for(1ms);
    s.link.cut();
    s.time.run_for(1s);
    CHECK(s.outcomes.size() == 100);
    CHECK(std::count(s.outcomes.begin(), s.outcomes.end(),
                     "x: " + make_error_code(errc::outcome_unknown).message()) == 100);
    CHECK(s.events == lines{"lost", "unknown 100"});
    auto const counts = s.link.counts();
    CHECK(counts.came_through + counts.stuck == 100);
    CHECK(s.sent.size() == counts.came_through);
    CHECK(counts.came_through > 20);
    CHECK(counts.stuck > 20);
    CHECK(s.bus.statistics().unknown == 100);
}

TEST_CASE("a subscription made while the link is cut is active when it has healed") {
    setup s;
    s.link.cut();
    bool active = false;
    hubbub::subscription made;
    s.bus.async_subscribe<std::string>(
        "v", [&](std::string const& text) { s.seen.push_back(text); },
        [&](std::error_code error, hubbub::subscription given) {
            made = std::move(given);
            active = !error;
        });
    s.time.run_for(1h);
    CHECK(!active);
    s.link.heal();
    s.time.run_for(0s);
    CHECK(active);
    CHECK(!s.others.publish("v", "hello"));
    s.time.run_for(0s);
    CHECK(s.seen == lines{"hello"});
}

TEST_CASE("the same seed makes the same history, another seed another") {
    auto const history = [](std::uint64_t seed) {
        setup s({.seed = seed,
                 .drop = 0.1,
                 .duplicate = 0.1,
                 .reorder = 0.1,
                 .delay = {0ms, 20ms},
                 .mean_time_between_cuts = 50ms,
                 .cut_length = {1ms, 20ms}});
        s.receive(500);
        CHECK(s.link.counts().cuts > 2);
        return s.link.log();
    };
    auto const first = history(7);
    CHECK(history(7) == first);
    auto const other = history(8);
    CHECK(other.substr(other.find('\n')) != first.substr(first.find('\n')));
}

TEST_CASE("who waits for room ends as closed when the transport drains") {
    setup s({.limits = {.max_queue_messages = 1}});
    s.link.cut();
    s.publish("1");
    std::optional<std::error_code> room;
    s.link.wait_for_room(1, {s.io.get_executor(), [&](std::error_code error) { room = error; }});
    s.time.run_for(1s);
    CHECK(!room);
    s.link.drain({});
    s.time.run_for(1s);
    CHECK(room == errc::closed);
}

TEST_CASE("a wrong option is refused, and named") {
    CHECK_THROWS_WITH_AS(setup({.drop = 1.5}), doctest::Contains("faults: drop"),
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(setup({.delay = {2ms, 1ms}}), doctest::Contains("faults: delay"),
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(setup({.limits = {.while_down = hubbub::outage_policy::refuse}}),
                         doctest::Contains("faults: limits.while_down"), std::invalid_argument);
    CHECK_THROWS_WITH_AS(
        setup({.limits = {.budget = std::make_shared<hubbub::memory_budget>(1000)}}),
        doctest::Contains("faults: limits.budget"), std::invalid_argument);
    asio::io_context io;
    hubbub::any_transport inside{hubbub::immediate_local_transport{io, hubbub::local_broker{}}};
    CHECK_THROWS_WITH_AS(hubbub::testing::faulty(inside, {}),
                         doctest::Contains("may call sinks inside publish"), std::invalid_argument);
    CHECK_THROWS_WITH_AS(hubbub::sequenced{inside}, doctest::Contains("may call sinks inside"),
                         std::invalid_argument);
}

TEST_SUITE_END();

} // namespace faulty_test
