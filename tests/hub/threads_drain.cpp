// A server that one thread drains while others connect to it, call, and leave.
#include "support/hub_threads.hpp"

#include <asio/error.hpp>
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using hubbub::errc;
using hubbub::hub_errc;
using drain_connection = threads_stage::connection;

/// Of the server that is drained, the left one.
struct drain_counts {
    std::atomic<int> connected = 0;
    std::atomic<int> disconnected = 0;
    std::atomic<int> asked_to_leave = 0; // of residents
    std::atomic<int> closed = 0;         // of residents
    std::atomic<int> wrong = 0;
};

struct draining_stage : threads_stage {
    static constexpr int residents = 2;

    explicit draining_stage(hub_setting const& on) : threads_stage(on) {
        left().hub->on("add", [](int a, int b) { return a + b; });
        left().hub->on_connected([this](auto const&) { ++counts.connected; });
        left().hub->on_disconnected([this](auto const&, auto const&) { ++counts.disconnected; });
        for (int i = 0; i < residents; ++i) {
            hubbub::connect_options who{.user = "resident"};
            who.on_drain = [this](std::string const& text) {
                counts.wrong += text == "bye" ? 0 : 1;
                ++counts.asked_to_leave;
            };
            who.on_closed = [this](hubbub::close_reason const& why) {
                counts.wrong += why.code == hub_errc::shutting_down && why.text == "bye" ? 0 : 1;
                ++counts.closed;
            };
            staying.push_back(enter(left(), std::move(who), [](auto const& /*call*/) {}));
        }
    }

    /// Connects to the left server, calls and leaves, until it is told that it may not.
    void come_and_go() {
        for (int n = 0;; ++n) {
            auto [error, c] = enter_and_wait(left(), "guest", [](auto const& /*call*/) {});
            if (error == hub_errc::shutting_down)
                return;
            if (error) { // it was let in, and ended before it was told so
                counts.wrong += error == hub_errc::connection_ended ? 0 : 1;
                continue;
            }
            ++entered;
            awaited<hubbub::outcome<int>> sum;
            c.async_invoke<hubbub::outcome<int>>("add", n, 1, sum.handler());
            auto const given = sum.get();
            counts.wrong += given ? (*given == n + 1 ? 0 : 1)
                                  : (given.error() == hub_errc::connection_ended ? 0 : 1);
            auto const joined = change(right(), true, c.id(), "lobby");
            counts.wrong += !joined || joined == hub_errc::unknown_connection ? 0 : 1;
            counts.wrong += right().hub->clients().client(c.id()).send("tell", n) ? 1 : 0;
            c.disconnect();
        }
    }

    drain_counts counts;
    std::atomic<int> entered = 0;
    std::vector<drain_connection> staying;
};

enum class drained { by_their_leaving, at_the_deadline, at_once };

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE("a server that is drained while threads connect, call and leave ends empty: each is let "
          "in, or told why not, and told of its end") {
    auto const setting = next_setting<json_setup>();
    for (auto const how : {drained::by_their_leaving, drained::at_the_deadline, drained::at_once}) {
        bool const asks = how != drained::at_once;
        bool const is_left = how == drained::by_their_leaving;
        draining_stage s(setting);
        auto& counts = s.counts;
        auto const eve = s.enter(s.right(), "eve", [](auto const& /*call*/) {});
        tally drains;
        {
            hubbub::testing::io_threads const runners(s.io(), 2);
            hubbub::testing::workers threads;
            for (int i = 0; i < 3; ++i)
                threads.start([&] { s.come_and_go(); });
            threads.start([&] {
                while (s.entered < 10)
                    std::this_thread::yield();
                if (!asks)
                    return s.left().hub->disconnect_all("bye");
                s.left().hub->async_drain(is_left ? 1h : 5ms, "bye",
                                          drains.expecting([is_left](std::error_code error) {
                                              return is_left ? !error : error == errc::timed_out;
                                          }));
                if (is_left) // while the residents are there
                    s.left().hub->async_drain(1h, "again",
                                              drains.expecting([](std::error_code error) {
                                                  return error == asio::error::already_started;
                                              }));
                if (!is_left)
                    return;
                while (counts.asked_to_leave < s.residents)
                    std::this_thread::yield();
                for (auto& c : s.staying)
                    c.disconnect();
            });
            s.run_until(
                [&] {
                    return threads.done() && drains.done() &&
                           counts.connected == counts.disconnected &&
                           counts.closed >= (is_left ? 0 : s.residents);
                },
                "all to have left");
            s.run_until([&] { return s.left().hub->connections() == 0; }, "the last to leave");
        }
        CHECK(counts.wrong.load() == 0);
        CHECK(drains.wrong.load() == 0);
        CHECK(counts.connected.load() >= s.entered + s.residents);
        if (how == drained::at_the_deadline) // which may come before
            CHECK(counts.asked_to_leave.load() <= s.residents);
        else
            CHECK(counts.asked_to_leave.load() == (asks ? s.residents : 0));
        CHECK(counts.closed.load() == (is_left ? 0 : s.residents));
        // The other goes on, and knows that nobody is left here.
        CHECK(eve.connected());
        std::optional<hubbub::server_results<std::uint64_t>> there;
        s.right().hub->presence().async_count(
            [&](std::error_code, auto all) { there = std::move(all); });
        s.run_until([&] { return there.has_value(); }, "a count");
        CHECK(there->value == 1);
        CHECK(there->missing.empty());
    }
}

TEST_SUITE_END();
