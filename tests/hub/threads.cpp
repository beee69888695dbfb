// A hub that many threads use at a time.
#include "support/hub_threads.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <tuple>
#include <utility>

TEST_SUITE_BEGIN("hub");

TEST_CASE(
    "threads that send, join, leave, connect and disconnect at a time lose and double no call") {
    constexpr int senders = 3;
    constexpr int calls = 40;
    constexpr int rounds = 5;
    constexpr int expected = 2 * senders * calls;
    threads_stage s(next_setting<json_setup>());
    std::atomic<int> resident_told = 0;
    std::atomic<int> grouped_told = 0;
    std::atomic<int> flushed = 0;
    std::atomic<int> wrong = 0;
    std::atomic<int> changes = 0;
    auto const count = [&](std::atomic<int>& told) {
        return [&](auto const& call) { ++(call.method() == "last" ? flushed : told); };
    };
    // Two that are there all the time, of which one is in a group.
    auto const resident = s.enter(s.left(), "ada", count(resident_told));
    auto const grouped = s.enter(s.right(), "eve", count(grouped_told));
    REQUIRE(!s.add(s.left(), grouped.id(), "lobby"));
    s.left().hub->presence().set_observer([&](auto const&) { ++changes; });
    {
        hubbub::testing::io_threads const runners(s.io(), 2);
        hubbub::testing::workers threads;
        for (int i = 0; i < senders; ++i)
            threads.start([&, i] {
                auto const& by = s.servers[static_cast<std::size_t>(i) % s.servers.size()];
                auto const clients = by.hub->clients();
                for (int n = i * calls; n < (i + 1) * calls; ++n)
                    for (auto const& error : {clients.user("ada").send("tell", n),
                                              clients.group("lobby").send("tell", n),
                                              clients.client(resident.id()).send("tell", n),
                                              clients.users({"eve"}).send("tell", n)})
                        wrong += error ? 1 : 0;
            });
        for (auto* const at : {&s.left(), &s.right()})
            threads.start([&, at] {
                auto& other = s.other_than(*at);
                for (int n = 0; n < rounds; ++n) {
                    struct told {
                        std::mutex mutex;
                        std::set<int> once;
                    };
                    auto [error, c] = s.enter_and_wait(
                        *at, "zoe", [&, t = std::make_shared<told>()](auto const& call) {
                            std::tuple<int> number;
                            if (call.method() != "tell" || call.arguments(number))
                                return;
                            std::lock_guard const lock(t->mutex);
                            wrong += t->once.insert(std::get<0>(number)).second ? 0 : 1;
                        });
                    auto const id = c.id();
                    wrong += error ? 1 : 0;
                    wrong += s.change(other, true, id, "lobby") ? 1 : 0;
                    wrong += s.change(*at, true, id, "garden") ? 1 : 0;
                    wrong += s.change(other, false, id, "garden") ? 1 : 0;
                    c.disconnect();
                    wrong += s.change(other, true, id, "lobby") ? 0 : 1;
                }
            });
        s.run_until(
            [&] { return threads.done() && resident_told >= expected && grouped_told >= expected; },
            "all calls");
        for (auto const& by : s.servers) // behind which nothing comes any more
            for (auto const* const user : {"ada", "eve"})
                CHECK(!by.hub->clients().user(user).send("last"));
        s.run_until([&] { return flushed >= 2 * static_cast<int>(s.servers.size()); },
                    "the last calls");
        s.run_until([&] { return changes >= 2; }, "the changes to be told");
    }
    CHECK(resident_told.load() == expected);
    CHECK(grouped_told.load() == expected);
    CHECK(wrong.load() == 0);
    CHECK(s.left().hub->connections() == 1);
    CHECK(s.right().hub->connections() == 1);
    s.left().hub->presence().set_observer({});
}

TEST_SUITE_END();
