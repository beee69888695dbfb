// A hub that many threads use at a time: what the thread sanitizer is for.
#include "support/hub_stage.hpp"

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace {

using threads_bus = json_setup::bus;
using threads_hub = hubbub::hub<threads_bus>;
using threads_connection = hubbub::connection<threads_bus>;

struct threads_server {
    threads_server(asio::io_context& io, hubbub::local_broker const& broker)
        : transport(std::make_unique<hubbub::local_transport>(io.get_executor(), broker)),
          bus(transport), hub(bus) {}

    hubbub::any_transport transport;
    threads_bus bus;
    threads_hub hub;
};

/// Waits in earnest, with a bound that is never reached unless something hangs.
template <class T>
T wait(std::future<T> result) {
    REQUIRE(result.wait_for(std::chrono::seconds(60)) == std::future_status::ready);
    return result.get();
}

threads_connection
enter(threads_server& at, std::string user,
      std::function<void(hubbub::invocation<hubbub::json_serializer> const&)> out) {
    // Shared, since the thread that gives the result may still be about it when it is there.
    auto const made =
        std::make_shared<std::promise<std::pair<std::error_code, threads_connection>>>();
    at.hub.async_connect(std::move(user), std::move(out), [made](std::error_code error, auto c) {
        made->set_value({error, std::move(c)});
    });
    auto [error, connection] = wait(made->get_future());
    REQUIRE(!error);
    return std::move(connection);
}

std::error_code change(threads_server& by, bool add, std::string const& id, char const* group) {
    auto const done = std::make_shared<std::promise<std::error_code>>();
    auto const finish = [done](std::error_code error) { done->set_value(error); };
    if (add)
        by.hub.async_add_to_group(id, group, finish);
    else
        by.hub.async_remove_from_group(id, group, finish);
    return wait(done->get_future());
}

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE(
    "threads that send, join, leave, connect and disconnect at a time lose and double no call") {
    constexpr int senders = 3;
    constexpr int calls = 200;
    constexpr int rounds = 25;
    asio::io_context io;
    auto const work = asio::make_work_guard(io);
    hubbub::local_broker broker;
    std::atomic<int> resident_told = 0;
    std::atomic<int> grouped_told = 0;
    std::atomic<int> told_together = 0;
    std::atomic<int> passing_told = 0;
    std::atomic<int> changes = 0;
    std::promise<void> all_told;
    {
        threads_server left(io, broker);
        threads_server right(io, broker);
        std::vector<std::thread> runners;
        for (int i = 0; i < 2; ++i)
            runners.emplace_back([&io] { io.run(); });

        auto const expected = 2 * senders * calls;
        auto const count = [&](std::atomic<int>& told) {
            return [&](auto const& /*call*/) {
                ++told;
                if (++told_together == 2 * expected)
                    all_told.set_value();
            };
        };
        left.hub.presence().on_change([&](auto const&) { ++changes; });
        // Two that are there all the time, of which one is in a group.
        auto const resident = enter(left, "ada", count(resident_told));
        auto const grouped = enter(right, "eve", count(grouped_told));
        REQUIRE(!change(left, true, grouped.id(), "lobby"));

        std::vector<std::thread> threads;
        for (int i = 0; i < senders; ++i)
            threads.emplace_back([&, i] {
                auto& by = i % 2 == 0 ? left : right;
                for (int n = 0; n < calls; ++n) {
                    by.hub.clients().user("ada").send("tell", n);
                    by.hub.clients().group("lobby").send("tell", n);
                    by.hub.clients().client(resident.id()).send("tell", n);
                    by.hub.clients().users({"eve"}).send("tell", n);
                }
            });
        for (auto* const at : {&left, &right})
            threads.emplace_back([&, at] {
                auto& other = at == &left ? right : left;
                for (int n = 0; n < rounds; ++n) {
                    auto c = enter(*at, "zoe", [&](auto const&) { ++passing_told; });
                    auto const id = c.id();
                    CHECK(!change(other, true, id, "lobby"));
                    CHECK(!change(*at, true, id, "garden"));
                    CHECK(!change(other, false, id, "garden"));
                    c.disconnect();
                    CHECK(change(other, true, id, "lobby"));
                }
            });
        for (auto& t : threads)
            t.join();
        wait(all_told.get_future());
        CHECK(resident_told.load() == expected);
        CHECK(grouped_told.load() == expected);
        CHECK(left.hub.connections() == 1);
        CHECK(right.hub.connections() == 1);
        CHECK(passing_told.load() <= 2 * expected * rounds);

        left.hub.close();
        right.hub.close();
        io.stop();
        for (auto& t : runners)
            t.join();
    }
    CHECK(changes.load() > 0);
}

TEST_SUITE_END();
