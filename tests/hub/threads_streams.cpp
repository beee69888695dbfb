// Streams that many threads open, fill, read and leave at a time, while their connections end.
#include "support/hub_threads.hpp"

#include <hubbub/hub/coroutines.hpp>
#include <hubbub/hub/stream.hpp>

#include <asio/awaitable.hpp>
#include <asio/error.hpp>
#include <asio/use_awaitable.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <initializer_list>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

namespace {

using hubbub::errc;
using hubbub::hub_errc;
using stream_connection = threads_stage::connection;

bool is_one_of(std::error_code error, std::initializer_list<std::error_code> these) {
    return std::find(these.begin(), these.end(), error) != these.end();
}

/// Of many, and which were as they should not be.
struct streams_stage : threads_stage {
    streams_stage() : threads_stage(next_setting<json_setup>()) {
        for (auto const& s : servers) {
            s.hub->on("count", [](int to, hubbub::stream_writer<int> out) -> asio::awaitable<void> {
                for (int i = 0; i < to; ++i)
                    co_await out.async_send(i, asio::use_awaitable);
            });
            s.hub->on("flood", [this](hubbub::stream_writer<int> out) -> asio::awaitable<void> {
                ++floods;
                try {
                    for (int i = 0;; ++i)
                        co_await out.async_send(i, asio::use_awaitable);
                } catch (std::system_error const& e) {
                    // As it is told, or is stopped while it waits.
                    wrong +=
                        is_one_of(e.code(), {asio::error::broken_pipe, hub_errc::connection_ended,
                                             asio::error::operation_aborted})
                            ? 0
                            : 1;
                    ++stopped;
                    throw;
                }
            });
            // The numbers of two that send at a time, the even ones and the odd ones.
            s.hub->on("sum", [this](hubbub::stream_reader<int> in) -> asio::awaitable<int> {
                std::array<int, 2> last{-2, -1};
                for (int sum = 0;;) {
                    auto const item =
                        co_await in.async_receive<hubbub::outcome<int>>(asio::use_awaitable);
                    if (item.error() == asio::error::eof)
                        co_return sum;
                    if (!item)
                        throw std::system_error(item.error());
                    auto& before = last[static_cast<std::size_t>(*item % 2)];
                    wrong += *item == before + 2 ? 0 : 1;
                    before = *item;
                    sum += *item;
                }
            });
        }
    }

    stream_connection enter_quietly(server_type& at, auto who) {
        auto [error, c] = enter_and_wait(at, std::move(who), [](auto const& /*call*/) {});
        wrong += error ? 1 : 0;
        return std::move(c);
    }

    std::atomic<int> floods = 0;
    std::atomic<int> stopped = 0;
    std::atomic<int> wrong = 0;
};

hubbub::outcome<int> next_item(hubbub::stream_reader<int>& from) {
    awaited<hubbub::outcome<int>> item;
    from.async_receive<hubbub::outcome<int>>(item.handler());
    return item.get();
}

bool is_next(hubbub::stream_reader<int>& from, int item) {
    auto const given = next_item(from);
    return given && *given == item;
}

std::error_code put(hubbub::stream_writer<int>& to, int item) {
    awaited<std::error_code> kept;
    to.async_send(item, kept.handler());
    return kept.get();
}

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE("streams both ways of many threads: each item comes once and in order, and one end") {
    constexpr int rounds = 3;
    static constexpr int items = 40; // more than are kept
    streams_stage s;
    {
        hubbub::testing::io_threads const runners(s.io(), 2);
        hubbub::testing::workers threads;
        for (auto& at : s.servers)
            threads.start([&] {
                auto c = s.enter_quietly(at, hubbub::connect_options{});
                for (int round = 0; round < rounds; ++round) {
                    auto numbers = c.stream<int>("count", items);
                    auto flood = c.stream<int>("flood");
                    auto up = c.make_stream<int>();
                    awaited<hubbub::outcome<int>> sum;
                    c.async_invoke<hubbub::outcome<int>>("sum", up, sum.handler());
                    std::thread odd([&s, up]() mutable { // one stream, two threads
                        for (int i = 1; i < items; i += 2)
                            s.wrong += put(up, i) ? 1 : 0;
                    });
                    for (int i = 0; i < items; ++i) {
                        if (i % 2 == 0)
                            s.wrong += put(up, i) ? 1 : 0;
                        s.wrong += is_next(numbers, i) ? 0 : 1;
                        if (i < 3)
                            s.wrong += is_next(flood, i) ? 0 : 1;
                        else
                            flood.reset();
                    }
                    odd.join();
                    up.finish();
                    auto const total = sum.get();
                    s.wrong += total && *total == items * (items - 1) / 2 ? 0 : 1;
                    s.wrong += next_item(numbers).error() == asio::error::eof ? 0 : 1;
                    s.wrong +=
                        is_one_of(put(up, 1), {errc::closed, asio::error::broken_pipe}) ? 0 : 1;
                }
                c.disconnect();
            });
        s.run_until([&] { return threads.done() && s.stopped == s.floods; }, "all streams to end");
    }
    CHECK(s.wrong.load() == 0);
    CHECK(s.floods.load() == rounds * static_cast<int>(s.servers.size()));
    CHECK(s.stopped.load() == s.floods.load());
}

TEST_CASE("streams of connections that other threads end: each send, receive and call ends once, "
          "and is told why") {
    constexpr int rounds = 6;
    streams_stage s;
    std::atomic<int> closed = 0;
    tally sums;
    {
        hubbub::testing::io_threads const runners(s.io(), 2);
        hubbub::testing::workers threads;
        for (auto& at : s.servers)
            threads.start([&] {
                for (int round = 0; round < rounds; ++round) {
                    hubbub::connect_options who;
                    who.on_closed = [&](hubbub::close_reason const& why) {
                        s.wrong += why.code == errc::disconnected ? 0 : 1;
                        ++closed;
                    };
                    auto c = s.enter_quietly(at, std::move(who));
                    auto flood = c.stream<int>("flood");
                    auto up = c.make_stream<int>();
                    c.async_invoke<hubbub::outcome<int>>(
                        "sum", up, sums.expecting([](hubbub::outcome<int> const& given) {
                            // What its reader is told it throws, if it is not stopped before.
                            return is_one_of(given.error(),
                                             {hub_errc::connection_ended, hub_errc::method_failed});
                        }));
                    std::thread writer([&s, up]() mutable {
                        for (int i = 0;; ++i)
                            if (auto const error = put(up, i)) {
                                s.wrong += is_one_of(error, {hub_errc::connection_ended,
                                                             asio::error::broken_pipe})
                                               ? 0
                                               : 1;
                                return;
                            }
                    });
                    std::thread ender([&, id = c.id(), user = round] {
                        for (int i = 0; i < user; ++i)
                            std::this_thread::yield();
                        auto const client = s.other_than(at).hub->clients().client(id);
                        s.wrong += client.disconnect("bye") ? 1 : 0;
                    });
                    for (int i = 0;; ++i) { // a beginning of them, of which none is missing
                        auto const item = next_item(flood);
                        if (!item) {
                            s.wrong += item.error() == hub_errc::connection_ended ? 0 : 1;
                            break;
                        }
                        s.wrong += *item == i ? 0 : 1;
                    }
                    writer.join();
                    ender.join();
                    auto late = c.stream<int>("flood");
                    s.wrong += next_item(late).error() == hub_errc::connection_ended ? 0 : 1;
                    s.wrong += c.make_stream<int>().send(1) == hub_errc::connection_ended ? 0 : 1;
                }
            });
        s.run_until(
            [&] {
                return threads.done() && s.stopped == s.floods && sums.done() &&
                       closed == sums.begun;
            },
            "all streams to end");
    }
    auto const connections = rounds * static_cast<int>(s.servers.size());
    CHECK(s.wrong.load() == 0);
    CHECK(sums.wrong.load() == 0);
    CHECK(sums.ended.load() == connections);
    CHECK(closed.load() == connections);
    CHECK(s.stopped.load() == s.floods.load());
    CHECK(s.floods.load() == connections); // the late ones did not begin
    for (auto const& at : s.servers)
        CHECK(at.hub->connections() == 0);
}

TEST_SUITE_END();
