// SPDX-License-Identifier: MIT
#include <hubbub/redis/lifecycle.hpp>

#include "support/replies.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace lifecycle_retry_test {

// How a lifecycle recovers: a failure at every step, and how long it waits.

using namespace std::chrono_literals;
using hubbub::errc;
using hubbub::redis_errc;
using hubbub::redis::lifecycle;
using hubbub::redis::options;
using hubbub::redis::time_point;
using support::error;
using support::status;
using action = lifecycle::action;

namespace {

time_point const start{1h};
auto const reset = std::make_error_code(std::errc::connection_reset);

hubbub::redis::reply const info{{.type = hubbub::redis::value::kind::string, .text = "# Server"},
                                {}};

enum class failure { connection_lost, error_reply, silence };

/// A link and the world it meets: a healthy server, but for the steps that fail.
class world {
public:
    world(options const& o, bool subscribes, std::vector<int> failing_steps, failure how)
        : settings_(o), subscribes_(subscribes), link_(o, 1, subscribes),
          failing_steps_(std::move(failing_steps)), how_(how) {
        perform(link_.start(now_));
    }

    /// The next thing that happens to the link.
    void step() {
        now_ += 1ms;
        if (std::count(failing_steps_.begin(), failing_steps_.end(), steps_++) > 0)
            return fail();
        if (link_.dropping())
            perform(link_.on_dropped(now_));
        else if (replies_due_ > 0)
            answer();
        else if (opening_)
            perform(link_.on_connected());
        else
            wait();
    }

    /// Steps until the link is up and has answered for itself.
    void run() {
        while (!(link_.running() && pings_since_up_ >= 2 && replies_due_ == 0)) {
            REQUIRE(steps_ < 100);
            step();
        }
    }

    int drops() const { return drops_; }
    int retries() const { return retries_; }
    int steps() const { return steps_; }

private:
    void fail() {
        if (how_ == failure::connection_lost)
            return perform(link_.on_error(reset, now_));
        if (how_ == failure::error_reply && replies_due_ > 0 && !link_.running())
            return perform(link_.on_reply(error("LOADING"), now_));
        while (!link_.dropping()) // nothing comes any more
            wait();
    }

    void wait() {
        now_ = std::max(now_, link_.deadline());
        perform(link_.tick(now_));
    }

    void answer() {
        --replies_due_;
        if (link_.running())
            link_.on_bytes(now_);
        else
            perform(link_.on_reply(
                subscribes_ && (replies_due_ == 1 || replies_due_ == 2) ? info : status("OK"),
                now_));
    }

    void perform(action a) {
        switch (a) {
        case action::none: break;
        case action::open:
            opening_ = true;
            pings_since_up_ = 0;
            break;
        case action::greet:
            opening_ = false;
            replies_due_ = 2 + (settings_.password.empty() ? 0 : 1) + (subscribes_ ? 2 : 0);
            break;
        case action::run: CHECK(link_.running()); break;
        case action::ping:
            ++pings_since_up_;
            ++replies_due_;
            break;
        case action::drop:
            ++drops_;
            opening_ = false;
            replies_due_ = 0;
            CHECK(!link_.running());
            break;
        case action::retry: ++retries_; break;
        case action::give_up: FAIL("gave up");
        }
    }

    options const& settings_;
    bool subscribes_;
    lifecycle link_;
    time_point now_ = start;
    std::vector<int> failing_steps_;
    failure how_;
    int steps_ = 0;
    bool opening_ = false;
    int replies_due_ = 0;
    int pings_since_up_ = 0;
    int drops_ = 0;
    int retries_ = 0;
};

} // namespace

TEST_CASE("an error that may pass leads to another attempt, at every step of the greeting") {
    struct {
        std::string_view said;
        redis_errc reason;
        int first_step;
    } const rows[] = {
        {"LOADING Redis is loading the dataset in memory", redis_errc::server_loading, 0},
        {"ERR max number of clients reached", redis_errc::too_many_clients, 0},
        {"ERR something else", redis_errc::server_error, 2},
        {"BUSY Redis is busy running a script.", redis_errc::server_error, 2},
    };
    for (auto const& row : rows)
        for (int step = row.first_step; step <= 2; ++step) {
            CAPTURE(row.said);
            CAPTURE(step);
            options o;
            o.user = "ada";
            o.password = "secret";
            lifecycle link(o, 1);
            link.start(start);
            link.on_connected();
            for (int i = 0; i < step; ++i)
                REQUIRE(link.on_reply(status("OK"), start) == action::none);
            CHECK(link.on_reply(error(row.said), start) == action::drop);
            CHECK(link.on_reply(status("PONG"), start) == action::none); // too late
            CHECK(link.on_dropped(start) == action::retry);
            CHECK(link.reason() == row.reason);
            CHECK(link.tick(link.deadline()) == action::open);
        }
}

TEST_CASE("a failure at any step is followed by one drop, one retry, and a healthy link") {
    for (auto const* const password : {"", "secret"})
        for (bool const subscribes : {false, true})
            for (auto const how :
                 {failure::connection_lost, failure::error_reply, failure::silence}) {
                options o;
                o.password = password;
                int tested = 0;
                for (int n = 0;; ++n, ++tested) {
                    CAPTURE(n);
                    CAPTURE(subscribes);
                    CAPTURE(static_cast<int>(how));
                    world w(o, subscribes, {n}, how);
                    w.run();
                    if (w.steps() <= n)
                        break; // the story ended before the step that was to fail
                    REQUIRE(w.drops() == 1);
                    REQUIRE(w.retries() == 1);
                }
                CHECK(tested >= 6); // connect, answers, and pings with their answers
            }
}

TEST_CASE("failures at any two steps are survived too") {
    options o;
    o.password = "secret";
    for (bool const subscribes : {false, true})
        for (auto const how : {failure::connection_lost, failure::error_reply, failure::silence})
            for (int n = 0; n < 8; ++n)
                for (int m = n + 1; m < 20; ++m) {
                    CAPTURE(n);
                    CAPTURE(m);
                    world w(o, subscribes, {n, m}, how);
                    w.run();
                    REQUIRE(w.drops() >= 1);
                    REQUIRE(w.drops() <= 2);
                    REQUIRE(w.retries() == w.drops());
                }
}

TEST_CASE("the n-th wait is between none and base x 2^(n-1), and never above the cap") {
    options o;
    o.reconnect_base = 100ms;
    o.reconnect_cap = 1s;
    std::chrono::milliseconds const most[] = {0ms, 100ms, 200ms, 400ms, 800ms, 1s, 1s, 1s, 1s};
    constexpr std::size_t tries = std::size(most);
    std::chrono::milliseconds longest[tries] = {};
    std::chrono::milliseconds sum[tries] = {};

    constexpr int seeds = 2000;
    for (std::uint32_t i = 0; i < seeds; ++i) {
        lifecycle link(o, i * 2654435761U); // seeds all over the range, as random_device gives them
        auto now = start;
        REQUIRE(link.start(now) == action::open);
        for (std::size_t n = 0; n < tries; ++n) {
            REQUIRE(link.on_error(reset, now) == action::drop);
            REQUIRE(link.on_dropped(now) == action::retry);
            REQUIRE(link.attempts() == n + 1);
            REQUIRE(link.wait() >= 0ms);
            REQUIRE(link.wait() <= most[n]);
            REQUIRE(link.deadline() == now + link.wait());
            longest[n] = std::max(longest[n], link.wait());
            sum[n] += link.wait();
            now = link.deadline();
            REQUIRE(link.tick(now) == action::open);
        }
    }
    for (std::size_t n = 1; n < tries; ++n) { // full jitter: all of the interval, evenly
        CAPTURE(n);
        CHECK(longest[n] > most[n] * 9 / 10);
        CHECK(sum[n] / seeds > most[n] * 4 / 10);
        CHECK(sum[n] / seeds < most[n] * 6 / 10);
    }
}

TEST_CASE("the wait stays within the cap after any number of attempts") {
    options o;
    o.reconnect_cap = 3333ms; // no power of two times the base
    lifecycle link(o, 1);
    link.start(start);
    for (int i = 0; i < 10'000; ++i) {
        link.on_error(reset, start);
        REQUIRE(link.on_dropped(start) == action::retry);
        REQUIRE(link.wait() <= o.reconnect_cap);
        REQUIRE(link.tick(link.deadline()) == action::open);
    }

    o.reconnect_cap = 10ms; // less than the base
    lifecycle other(o, 1);
    other.start(start);
    for (int i = 0; i < 100; ++i) {
        other.on_error(reset, start);
        other.on_dropped(start);
        REQUIRE(other.wait() <= 10ms);
        other.tick(other.deadline());
    }
}

TEST_CASE("two links do not wait alike") {
    options const o;
    int alike = 0;
    for (std::uint32_t seed = 0; seed < 100; ++seed) {
        lifecycle links[] = {{o, seed}, {o, seed + 1}};
        for (auto& link : links) {
            link.start(start);
            for (int i = 0; i < 8; ++i) {
                link.on_error(reset, start);
                link.on_dropped(start);
                link.tick(link.deadline());
            }
        }
        alike += links[0].wait() == links[1].wait() ? 1 : 0;
    }
    CHECK(alike < 10);
}

namespace {

/// Brings a link up, and lets it fall after a while; how long it waits then.
std::chrono::milliseconds wait_after(lifecycle& link, time_point& now,
                                     std::chrono::milliseconds time_up) {
    link.on_connected();
    link.on_reply(status("OK"), now);
    REQUIRE(link.on_reply(status("PONG"), now) == action::run);
    now += time_up;
    REQUIRE(link.on_error(errc::disconnected, now) == action::drop);
    REQUIRE(link.on_dropped(now) == action::retry);
    auto const wait = link.wait();
    now = link.deadline();
    REQUIRE(link.tick(now) == action::open);
    return wait;
}

} // namespace

TEST_CASE("a link that was up for a while is sought again at once") {
    options const o;
    lifecycle link(o, 1);
    auto now = start;
    link.start(now);
    for (int i = 0; i < 10; ++i) {
        CHECK(wait_after(link, now, o.reconnect_base) == 0ms);
        CHECK(link.attempts() == 1);
    }
}

TEST_CASE("a link that falls as soon as it is up is not sought in a tight loop") {
    options const o;
    lifecycle link(o, 1);
    auto now = start;
    link.start(now);
    constexpr int losses = 100;
    for (int i = 0; i < losses; ++i) {
        wait_after(link, now, 1ms);
        CHECK(link.attempts() == static_cast<unsigned>(i) + 1);
    }
    // Were it sought at once each time, this would have taken losses × 1 ms.
    CHECK(now - start > o.reconnect_cap * losses / 4);

    CHECK(wait_after(link, now, 1h) == 0ms); // and once it holds, all is forgotten
}

} // namespace lifecycle_retry_test
