// SPDX-License-Identifier: MIT
#include <hubbub/base/timer.hpp>

#include <hubbub/testing/run_until.hpp>
#include <hubbub/testing/virtual_time.hpp>

#include <asio/bind_executor.hpp>
#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <system_error>

namespace timer_test {

using namespace std::chrono_literals;
using hubbub::detail::timer;
using hubbub::testing::run_until;
using hubbub::testing::virtual_time;

namespace {

/// What a wait ended with, if it has.
using outcome = std::optional<std::error_code>;

auto into(outcome& result) {
    return [&result](std::error_code error) { result = error; };
}

std::error_code const ended;
std::error_code const aborted = asio::error::operation_aborted;

} // namespace

TEST_SUITE_BEGIN("timer");

TEST_CASE("without a test's time, a timer goes by the steady clock") {
    asio::io_context io;
    timer t{io.get_executor()};
    auto const before = std::chrono::steady_clock::now();
    auto const now = t.now();
    CHECK(now >= before);
    CHECK(now <= std::chrono::steady_clock::now());

    outcome result;
    t.expires_after(5ms);
    t.async_wait(into(result));
    run_until(io, [&] { return result.has_value(); }, "the end of a wait");
    CHECK(result == ended);
    CHECK(t.now() - before >= 5ms);
}

TEST_CASE("in a test's time, a timer ends when the test says so, and not before") {
    asio::io_context io;
    virtual_time time{io};
    timer t{io.get_executor()};
    outcome result;
    t.expires_after(24h);
    t.async_wait(into(result));
    time.run_for(24h - 1ns);
    CHECK(!result);
    time.run_for(1ns);
    CHECK(result == ended);
    CHECK(t.now() == time.now());
}

TEST_CASE("a wait for more than a year is none that is over at once") {
    asio::io_context io;
    std::optional<virtual_time> time;
    SUBCASE("in a test's time") {
        time.emplace(io);
    }
    SUBCASE("in real time") {}
    timer t{io.get_executor()};
    outcome result;
    t.expires_after(std::chrono::milliseconds::max());
    t.async_wait(into(result));
    if (time)
        time->run_for(24h * 364);
    io.poll();
    CHECK(!result);
    t.expires_after(std::chrono::milliseconds::min()); // and less than none is none
    t.async_wait(into(result));
    run_until(io, [&] { return result == ended; }, "the end of a wait");
}

TEST_CASE("a wait is aborted by cancel, by another time, and by the timer's end") {
    using owned = std::unique_ptr<timer>;
    using end_wait = void (*)(owned&);
    for (bool const is_virtual : {true, false})
        for (end_wait const end : {end_wait([](owned& t) { t->cancel(); }),
                                   end_wait([](owned& t) { t->expires_after(2h); }),
                                   end_wait([](owned& t) { t->expires_at(t->now()); }),
                                   end_wait([](owned& t) { t.reset(); })}) {
            asio::io_context io;
            std::optional<virtual_time> time;
            if (is_virtual)
                time.emplace(io);
            auto t = std::make_unique<timer>(io.get_executor());
            outcome result;
            t->expires_after(1h);
            t->async_wait(into(result));
            end(t);
            CHECK(!result); // never inside
            io.poll();
            CHECK(result == aborted);
        }
}

TEST_CASE("a time that has passed ends the wait at once, and never inside async_wait") {
    asio::io_context io;
    std::optional<virtual_time> time;
    SUBCASE("in a test's time") {
        time.emplace(io);
    }
    SUBCASE("in real time") {}
    timer t{io.get_executor()};
    outcome result;
    t.expires_at(t.now() - 1h);
    t.async_wait(into(result));
    CHECK(!result);
    run_until(io, [&] { return result.has_value(); }, "the end of a wait");
    CHECK(result == ended);
}

TEST_CASE("a handler runs on its own executor") {
    asio::io_context io;
    asio::io_context elsewhere;
    virtual_time time{io};
    timer t{io.get_executor()};
    outcome result;
    t.expires_after(1s);
    t.async_wait(asio::bind_executor(elsewhere.get_executor(), into(result)));
    time.run_for(1s);
    CHECK(!result);
    elsewhere.poll();
    CHECK(result == ended);
}

TEST_CASE("an io_context may end with waits under way that own their timers") {
    auto const kept = std::make_shared<int>();
    {
        asio::io_context io;
        virtual_time const time{io};
        auto const t = std::make_shared<timer>(io.get_executor());
        t->expires_after(1s);
        t->async_wait([t, kept](std::error_code) {});
        CHECK(kept.use_count() == 2);
    }
    CHECK(kept.use_count() == 1);
}

TEST_SUITE_END();

} // namespace timer_test
