// SPDX-License-Identifier: MIT
#include <hubbub/bus.hpp>

#include "support/queue_stage.hpp"

#include <asio/bind_executor.hpp>
#include <asio/post.hpp>
#include <asio/thread_pool.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace queue_sinks_test {

// Sinks with a queue of their own.

using fixture = support::queue_stage;
using texts = std::vector<std::string>;

TEST_CASE("a queued sink gets its messages one by one, between other tasks of the executor") {
    fixture f;
    texts order;
    auto const slow =
        f.bus.subscribe<std::string>("t", {}, [&](std::string_view topic, std::string const& m) {
            order.push_back("slow " + std::string(topic) + m);
            asio::post(f.io, [&] { order.emplace_back("task"); });
        });
    auto const fast = f.bus.subscribe<std::string>(
        "t", [&](std::string const& m) { order.push_back("fast " + m); });
    f.publish({"1", "2"});
    CHECK(order == texts{"fast 1", "fast 2", "slow t1", "task", "slow t2", "task"});
    CHECK(f.bus.statistics().delivered == 4);
}

TEST_CASE("a queued sink that throws is told and counted, and goes on") {
    fixture f;
    texts seen;
    auto const s = f.bus.subscribe<std::string>("t", {}, [&](std::string const& m) {
        seen.push_back(m);
        if (m == "1")
            throw std::runtime_error("no");
    });
    f.publish({"1", "2"});
    CHECK(seen == texts{"1", "2"});
    CHECK(f.failures == 1);
}

TEST_CASE(
    "a queued sink does not start again after its subscription was reset, by itself or others") {
    fixture f;
    texts seen;
    hubbub::subscription s;
    s = f.bus.subscribe<std::string>("t", {}, [&](std::string const& m) {
        seen.push_back(m);
        s.reset();
    });
    f.publish({"1", "2", "3"});
    CHECK(seen == texts{"1"});
    CHECK(f.bus.statistics().abandoned == 2);
}

TEST_CASE("a sink that blocks on a thread of its own delays neither the bus nor other sinks") {
    fixture f;
    asio::thread_pool pool(1);
    std::mutex mutex;
    std::condition_variable changed;
    bool release = false;
    texts slow_saw;
    texts fast_saw;
    auto slow = f.bus.subscribe<std::string>(
        "t", {.max_messages = 2},
        asio::bind_executor(pool.get_executor(), [&](std::string const& m) {
            std::unique_lock lock(mutex);
            slow_saw.push_back(m);
            changed.notify_all();
            changed.wait(lock, [&] { return release; });
        }));
    auto const fast =
        f.bus.subscribe<std::string>("t", [&](std::string const& m) { fast_saw.push_back(m); });
    f.publish({"1"});
    {
        std::unique_lock lock(mutex);
        REQUIRE(
            changed.wait_for(lock, std::chrono::seconds(30), [&] { return !slow_saw.empty(); }));
    }
    f.publish({"2", "3", "4", "5"}); // the sink is at 1 all the while
    CHECK(fast_saw == texts{"1", "2", "3", "4", "5"});
    {
        std::unique_lock lock(mutex);
        release = true;
        changed.notify_all();
        CHECK(
            changed.wait_for(lock, std::chrono::seconds(30), [&] { return slow_saw.size() == 3; }));
    }
    pool.join();
    CHECK(slow_saw == texts{"1", "4", "5"});
    CHECK(f.bus.statistics().dropped_oldest == 2);
}

} // namespace queue_sinks_test
