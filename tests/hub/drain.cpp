// A server that lets its clients go in time, which the test owns.
#include "support/timed_backplane.hpp"

#include <asio/bind_executor.hpp>
#include <asio/error.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using drained_bus = json_setup::bus;

/// A server whose clients write down what they are told; the others are there, and have one each.
struct draining {
    draining() : draining(next_setting<json_setup>()) {}
    explicit draining(hub_setting const& on) : time(on) {
        for (unsigned i = 1; i < on.servers; ++i)
            others.emplace_back(time);
    }

    struct other {
        explicit other(timed_backplane& backplane) : transport(backplane.make()) {
            hub.async_connect(
                "other", [](auto const& /*call*/) {},
                [this](std::error_code, auto made) { client = std::move(made); });
        }
        std::optional<hubbub::any_transport> transport;
        drained_bus bus{*transport};
        hubbub::hub<drained_bus> hub{bus};
        hubbub::connection<drained_bus> client;
    };

    timed_backplane time;
    std::optional<hubbub::any_transport> transport = time.make();
    drained_bus bus{*transport};
    std::optional<hubbub::hub<drained_bus>> hub{bus};
    std::deque<other> others;
    std::deque<hubbub::connection<drained_bus>> connections;
    lines told;
    std::vector<std::error_code> done;

    std::error_code connect(std::string const& user) {
        auto& made = connections.emplace_back();
        hubbub::connect_options who{.user = user};
        who.on_drain = [this, user](std::string const& text) {
            told.push_back(user + " may go: " + text);
        };
        who.on_closed = [this, user](hubbub::close_reason const& why) {
            told.push_back(user + " ended: " + why.code.message() + ": " + why.text);
        };
        std::optional<std::error_code> outcome;
        hub->async_connect(
            std::move(who), [](auto const& /*call*/) {},
            [&](std::error_code error, auto connection) {
                made = std::move(connection);
                outcome = error;
            });
        time.run_for(1ms);
        return outcome.value();
    }

    void drain(std::chrono::milliseconds at_most, std::string text) {
        hub->async_drain(at_most, std::move(text),
                         [this](std::error_code error) { done.push_back(error); });
    }
};

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE("a drain tells the clients to go, refuses new ones, and completes when all have left") {
    draining d;
    CHECK(!d.connect("ada"));
    CHECK(!d.connect("bob"));
    d.drain(30s, "new version");
    d.time.run_for(1s);
    std::sort(d.told.begin(), d.told.end());
    CHECK(d.told == lines{"ada may go: new version", "bob may go: new version"});
    CHECK(d.connect("eve") == hubbub::hub_errc::shutting_down);
    d.connections[0].disconnect();
    d.time.run_for(28s);
    CHECK(d.done.empty()); // bob is there
    CHECK(d.connections[1].connected());
    d.connections[1].disconnect();
    d.time.run_for(0s);
    CHECK(d.done == std::vector<std::error_code>{{}});
    d.time.run_for(1min);
    CHECK(d.done.size() == 1);
    CHECK(d.told.size() == 3); // eve was told that she is refused
    for (auto const& o : d.others)
        CHECK(o.client.connected());
}

TEST_CASE("a drain ends at its deadline those that have not left, and says so") {
    draining d;
    CHECK(!d.connect("ada"));
    CHECK(!d.connect("bob"));
    d.drain(10s, "soon");
    d.drain(1s, "sooner");
    d.time.run_for(2s);
    CHECK(d.done == std::vector<std::error_code>{asio::error::already_started});
    d.connections[0].disconnect();
    d.time.run_for(7900ms);
    CHECK(d.done.size() == 1);
    d.time.run_for(100ms);
    CHECK(d.done.back() == hubbub::errc::timed_out);
    CHECK(d.hub->connections() == 0);
    std::sort(d.told.begin(), d.told.end());
    CHECK(d.told == lines{"ada may go: soon", "bob ended: the server is shutting down: soon",
                          "bob may go: soon"});
}

TEST_CASE("a drain of nobody completes at once, and one of a hub that ends completes as closed") {
    draining d;
    d.drain(10s, {});
    d.time.run_for(0s);
    CHECK(d.done == std::vector<std::error_code>{{}});

    draining other;
    CHECK(!other.connect("ada"));
    other.drain(10s, {});
    other.time.run_for(1s);
    CHECK(other.done.empty());
    other.hub.reset();
    other.time.run_for(0s);
    CHECK(other.done == std::vector<std::error_code>{hubbub::errc::closed});
}

TEST_CASE("a drain completes when each end has been told, so that its handler may end the hub, "
          "wherever it runs") {
    for (bool const late : {false, true})
        for (bool const elsewhere : {false, true}) {
            CAPTURE(late);
            CAPTURE(elsewhere);
            draining d;
            asio::io_context others;
            lines left;
            CHECK(!d.connect("ada"));
            CHECK(!d.connect("bob"));
            d.hub->on_disconnected(
                [&](hubbub::caller const& who, hubbub::close_reason const& /*why*/) {
                    left.push_back(who.user());
                });
            auto& runs = elsewhere ? others : d.time.io();
            d.hub->async_drain(1s, {}, asio::bind_executor(runs, [&](std::error_code error) {
                                   d.done.push_back(error);
                                   d.hub.reset();
                               }));
            if (!late)
                for (auto& c : d.connections)
                    c.disconnect();
            d.time.run_for(1s);
            others.poll();
            d.time.run_for(0s);
            REQUIRE(d.done.size() == 1);
            CHECK(d.done.front() == (late ? hubbub::errc::timed_out : std::error_code{}));
            std::sort(left.begin(), left.end());
            CHECK(left == lines{"ada", "bob"});
        }
}

TEST_CASE(
    "a drain ends the last connection first, which is the least work for the lists they are in") {
    draining d;
    lines expected;
    for (int i = 0; i < 100; ++i) {
        auto const user = std::to_string(i);
        CHECK(!d.connect(user));
        expected.insert(expected.begin(), user + " ended: the server is shutting down: bye");
    }
    d.hub->disconnect_all("bye");
    d.time.run_for(0s);
    CHECK(d.told == expected);
}

TEST_SUITE_END();
