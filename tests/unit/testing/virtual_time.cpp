// SPDX-License-Identifier: MIT
#include <hubbub/testing/virtual_time.hpp>

#include <hubbub/base/random_id.hpp>
#include <hubbub/base/timer.hpp>

#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <deque>
#include <string>
#include <system_error>
#include <vector>

namespace virtual_time_test {

using namespace std::chrono_literals;
using hubbub::detail::timer;
using hubbub::testing::failure;
using hubbub::testing::virtual_time;

namespace {

/// Timers in a test's time, and what they did when.
struct schedule {
    using entries = std::vector<std::string>;

    void after(std::chrono::seconds wait, std::string name) {
        timers.emplace_back(io.get_executor());
        timers.back().expires_after(wait);
        timers.back().async_wait([this, name = std::move(name)](std::error_code error) {
            if (!error)
                note(name);
        });
    }

    void note(std::string const& name) {
        auto const passed = std::chrono::duration_cast<std::chrono::seconds>(time.now() - begin);
        seen.push_back(std::to_string(passed.count()) + " " + name);
    }

    asio::io_context io;
    virtual_time time{io};
    virtual_time::time_point begin = time.now();
    std::deque<timer> timers;
    entries seen;
};

} // namespace

TEST_SUITE_BEGIN("virtual_time");

TEST_CASE("waits end in the order of their times, and of one time in the order begun") {
    schedule s;
    s.after(3s, "c");
    s.after(1s, "a");
    s.after(3s, "d");
    s.after(2s, "b");
    s.after(11s, "too late");
    s.time.run_for(10s);
    CHECK(s.seen == schedule::entries{"1 a", "2 b", "3 c", "3 d"});
    CHECK(s.time.now() - s.begin == 10s);
}

TEST_CASE("all that is ready runs before time goes on") {
    schedule s;
    s.after(1s, "later");
    asio::post(s.io, [&] {
        s.note("first");
        asio::post(s.io, [&] {
            s.note("second");
            s.after(1s, "begun before time went on");
        });
    });
    s.time.run_for(1s);
    CHECK(s.seen ==
          schedule::entries{"0 first", "0 second", "1 later", "1 begun before time went on"});
}

TEST_CASE("run_for runs what is ready, also when no time passes") {
    schedule s;
    asio::post(s.io, [&] { s.note("now"); });
    s.time.run_for(0s);
    CHECK(s.seen == schedule::entries{"0 now"});
    asio::post(s.io, [&] { s.note("again"); });
    s.time.run_for(0s);
    CHECK(s.seen == schedule::entries{"0 now", "0 again"});
}

TEST_CASE("run_until stops at the handler that brings the condition about") {
    schedule s;
    s.after(60s, "awaited");
    s.after(60s, "next");
    s.time.run_until([&] { return !s.seen.empty(); }, "a timer");
    CHECK(s.seen == schedule::entries{"60 awaited"});
}

TEST_CASE("run_until says what it waited for in vain, when its time is up or nothing can come") {
    schedule s;
    SUBCASE("nothing can come") {}
    SUBCASE("its time is up") {
        s.after(61s, "too late");
    }
    CHECK_THROWS_WITH_AS(s.time.run_until([] { return false; }, "a miracle", 60s),
                         doctest::Contains("waited in vain for a miracle"), failure);
    CHECK(s.seen.empty());
}

TEST_CASE("an io_context has one time, however many handles") {
    schedule s;
    s.after(2s, "a");
    virtual_time{s.io}.run_for(1s);
    CHECK(s.time.now() - s.begin == 1s);
    s.time.run_for(1s);
    CHECK(s.seen == schedule::entries{"2 a"});
}

TEST_CASE("ids are all different, and the same in each run; elsewhere they are random") {
    auto const two_ids = [](asio::io_context& io) {
        using hubbub::detail::random_id;
        auto const first = random_id(io.get_executor());
        auto const second = random_id(io.get_executor());
        CHECK(first != second);
        return first + ' ' + second;
    };
    schedule s;
    schedule again;
    CHECK(two_ids(s.io) == two_ids(again.io));
    asio::io_context real;
    asio::io_context another;
    CHECK(two_ids(real) != two_ids(another));
}

TEST_SUITE_END();

} // namespace virtual_time_test
