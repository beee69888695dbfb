// SPDX-License-Identifier: MIT
#include <hubbub/redis/lifecycle.hpp>

#include "support/replies.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <initializer_list>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace lifecycle_test {

using namespace std::chrono_literals;
using hubbub::errc;
using hubbub::redis_errc;
using hubbub::tls_errc;
using hubbub::redis::lifecycle;
using hubbub::redis::options;
using hubbub::redis::time_point;
using support::error;
using support::status;
using action = lifecycle::action;

namespace {

constexpr auto forever = time_point::max();
time_point const start{1h};
auto const reset = std::make_error_code(std::errc::connection_reset);

options with(std::string user, std::string password) {
    options o;
    o.user = std::move(user);
    o.password = std::move(password);
    return o;
}

/// A link, up and running at start.
struct running_link {
    explicit running_link(options o = {}) : settings(std::move(o)), link(settings, 1) {
        link.start(start);
        link.on_connected();
        if (!settings.user.empty() || !settings.password.empty())
            link.on_reply(status("OK"), start);
        link.on_reply(status("OK"), start);
        REQUIRE(link.on_reply(status("PONG"), start) == action::run);
    }

    options settings;
    lifecycle link;
};

} // namespace

TEST_CASE("a link opens, greets, runs, and asks for a sign of life now and then") {
    options const o;
    lifecycle link(o, 1);
    auto now = start;

    CHECK(link.start(now) == action::open);
    CHECK(link.deadline() == now + o.connect_timeout);
    CHECK(link.on_connected() == action::greet);
    CHECK(link.deadline() == now + o.connect_timeout); // for all of the attempt
    CHECK(link.on_reply(status("OK"), now += 1ms) == action::none);
    CHECK(!link.running());
    CHECK(link.on_reply(status("PONG"), now += 1ms) == action::run);
    CHECK(link.running());

    for (int i = 0; i < 3; ++i) {
        CHECK(link.deadline() == now + o.ping_interval);
        CHECK(link.tick(link.deadline() - 1ns) == action::none);
        now = link.deadline();
        CHECK(link.tick(now) == action::ping);
        CHECK(link.tick(now) == action::none);
        link.on_bytes(now += 1ms);
    }
    CHECK(link.running());
    CHECK(link.attempts() == 0);
}

TEST_CASE(
    "the greeting authenticates if there is anything to do it with, names itself, and pings") {
    struct {
        std::string_view user, password, auth;
        int replies;
    } const rows[] = {
        {"", "", "", 2},
        {"", "secret", "*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n", 3},
        {"ada", "secret", "*3\r\n$4\r\nAUTH\r\n$3\r\nada\r\n$6\r\nsecret\r\n", 3},
        {"ada", "", "*3\r\n$4\r\nAUTH\r\n$3\r\nada\r\n$0\r\n\r\n", 3}, // a user who needs none
    };
    for (auto const& row : rows) {
        CAPTURE(row.user);
        CAPTURE(row.password);
        auto o = with(std::string(row.user), std::string(row.password));
        o.client_name = "left";
        lifecycle link(o, 1);
        CHECK(link.greeting() ==
              std::string(row.auth) +
                  "*3\r\n$6\r\nCLIENT\r\n$7\r\nSETNAME\r\n$4\r\nleft\r\n*1\r\n$4\r\nPING\r\n");
        link.start(start);
        link.on_connected();
        for (int i = 1; i < row.replies; ++i)
            CHECK(link.on_reply(status("OK"), start) == action::none);
        CHECK(link.on_reply(status("PONG"), start) == action::run);
    }
}

TEST_CASE("an error that a retry cannot mend ends the link for good") {
    struct {
        std::string_view said;
        redis_errc reason;
        int step; // 0: AUTH, 1: CLIENT SETNAME, 2: PING
    } const rows[] = {
        {"WRONGPASS invalid username-password pair or user is disabled.",
         redis_errc::authentication_failed, 0},
        {"ERR invalid password", redis_errc::authentication_failed, 0},
        {"ERR AUTH <password> called without any password configured for the default user.",
         redis_errc::authentication_failed, 0},
        {"ERR Client sent AUTH, but no password is set", redis_errc::authentication_failed, 0},
        {"ERR wrong number of arguments for 'auth' command", redis_errc::authentication_failed, 0},
        {"NOPERM this user has no permissions to run the 'auth' command",
         redis_errc::permission_denied, 0},
        {"DENIED Redis is running in protected mode", redis_errc::protected_mode, 0},
        {"DENIED Redis is running in protected mode", redis_errc::protected_mode, 1},
        {"NOAUTH Authentication required.", redis_errc::authentication_required, 1},
        {"NOAUTH Authentication required.", redis_errc::authentication_required, 2},
    };
    for (auto const& row : rows) {
        CAPTURE(row.said);
        CAPTURE(row.step);
        auto const o = with("", "secret");
        lifecycle link(o, 1);
        link.start(start);
        link.on_connected();
        for (int i = 0; i < row.step; ++i)
            REQUIRE(link.on_reply(status("OK"), start) == action::none);

        CHECK(link.on_reply(error(row.said), start) == action::drop);
        CHECK(link.on_dropped(start) == action::give_up);
        CHECK(link.reason() == row.reason);
        CHECK(link.deadline() == forever);
        CHECK(link.tick(start + 24h) == action::none);
        CHECK(link.on_error(reset, start) == action::none);
        CHECK(link.on_dropped(start) == action::none);
    }
}

TEST_CASE("a final error may also come from the running link") {
    using final_errors = std::initializer_list<std::error_code>;
    for (auto const reason : final_errors{
             redis_errc::authentication_failed, redis_errc::authentication_required,
             redis_errc::permission_denied, redis_errc::protected_mode, tls_errc::untrusted,
             tls_errc::wrong_name, tls_errc::not_spoken, tls_errc::refused}) {
        running_link up;
        CHECK(up.link.on_error(reason, start + 1h) == action::drop);
        CHECK(up.link.on_dropped(start + 1h) == action::give_up);
    }
}

TEST_CASE("a server that refuses to name the connection or to ping may still carry messages") {
    struct {
        std::string_view name_reply, ping_reply;
    } const rows[] = {
        {"NOPERM this user has no permissions to run the 'client|setname' command",
         "NOPERM this user has no permissions to run the 'ping' command"},
        {"ERR unknown command 'CLIENT'", "NOPERM no"},
        // The disk of the server is full; found on a redis-server 7.0: PUBLISH and SUBSCRIBE work.
        {"OK", "MISCONF Redis is configured to save RDB snapshots, but"},
        // A replica without its master; PUBLISH and SUBSCRIBE have the flag STALE, PING has not.
        {"OK", "MASTERDOWN Link with MASTER is down"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.name_reply);
        CAPTURE(row.ping_reply);
        options const o;
        lifecycle link(o, 1);
        link.start(start);
        link.on_connected();
        auto const first = row.name_reply == "OK" ? status("OK") : error(row.name_reply);
        CHECK(link.on_reply(first, start) == action::none);
        CHECK(link.on_reply(error(row.ping_reply), start) == action::run);
    }
}

TEST_CASE("an attempt may last for the connect timeout, however far it came") {
    auto const o = with("", "secret");
    for (int steps = 0; steps <= 3; ++steps) { // none, connected, authenticated, named
        CAPTURE(steps);
        lifecycle link(o, 1);
        link.start(start);
        if (steps > 0)
            link.on_connected();
        for (int i = 1; i < steps; ++i)
            link.on_reply(status("OK"), start + 1s);
        auto const end = start + o.connect_timeout;
        CHECK(link.deadline() == end);
        CHECK(link.tick(end - 1ns) == action::none);
        CHECK(link.tick(end) == action::drop);
        CHECK(link.deadline() == forever);
        CHECK(link.on_dropped(end) == action::retry);
        CHECK(link.reason() == errc::timed_out);
    }
}

TEST_CASE("a dead server is noticed after ping_interval + response_timeout at most") {
    options o;
    o.ping_interval = 700ms;
    o.response_timeout = 300ms;
    running_link up(o);
    auto const last = start + 100s;
    up.link.on_bytes(last); // then it dies

    auto now = last;
    action a = action::none;
    int pings = 0;
    while (a != action::drop) {
        REQUIRE(up.link.deadline() > now);
        now = up.link.deadline();
        a = up.link.tick(now);
        pings += a == action::ping ? 1 : 0;
    }
    CHECK(pings == 1);
    CHECK(now == last + o.ping_interval + o.response_timeout);
    CHECK(up.link.on_dropped(now) == action::retry);
    CHECK(up.link.reason() == errc::timed_out);
}

TEST_CASE("traffic postpones the ping, and answers it") {
    running_link up;
    auto const& o = up.settings;
    up.link.on_bytes(start + 3s);
    CHECK(up.link.deadline() == start + 3s + o.ping_interval);
    CHECK(up.link.tick(start + o.ping_interval) == action::none);

    auto const asked = up.link.deadline();
    CHECK(up.link.tick(asked) == action::ping);
    up.link.on_bytes(asked + o.response_timeout - 1ns); // any byte is a sign of life
    CHECK(up.link.tick(asked + o.response_timeout) == action::none);
    CHECK(up.link.running());
    CHECK(up.link.deadline() == asked + o.response_timeout - 1ns + o.ping_interval);
}

TEST_CASE("a process that was stopped for long asks before it drops the link") {
    running_link up;
    auto const late = start + 1h; // the machine slept, say
    CHECK(up.link.tick(late) == action::ping);
    CHECK(up.link.deadline() == late + up.settings.response_timeout);
    CHECK(up.link.tick(late + 1ms) == action::none);
    up.link.on_bytes(late + 2ms);
    CHECK(up.link.running());
}

TEST_CASE("after a close nothing follows, in whatever state it came") {
    options const o;
    enum {
        waiting_to_start,
        connecting,
        greeting,
        running,
        pinged,
        dropping,
        waiting,
        failed,
        all
    };
    for (int state = 0; state < all; ++state) {
        CAPTURE(state);
        lifecycle link(o, 1);
        if (state >= connecting)
            link.start(start);
        if (state >= greeting)
            link.on_connected();
        if (state >= running) {
            link.on_reply(status("OK"), start);
            link.on_reply(status("PONG"), start);
        }
        if (state == pinged)
            link.tick(link.deadline());
        if (state >= dropping)
            link.on_error(state == failed ? make_error_code(redis_errc::protected_mode) : reset,
                          start);
        if (state >= waiting)
            link.on_dropped(start);

        bool const connected = state >= connecting && state <= pinged;
        CHECK(link.close() == (connected ? action::drop : action::none));
        CHECK(link.close() == action::none);
        CHECK(link.deadline() == forever);
        CHECK(!link.running());
        CHECK(link.on_connected() == action::none);
        CHECK(link.on_reply(status("OK"), start) == action::none);
        CHECK(link.on_error(reset, start) == action::none);
        CHECK(link.on_dropped(start) == action::none);
        CHECK(link.tick(start + 24h) == action::none);
        CHECK(link.start(start) == action::none);
        CHECK(!link.running());
    }
}

TEST_CASE("what comes too late or twice changes nothing") {
    options const o;
    lifecycle link(o, 1);
    CHECK(link.on_connected() == action::none);
    CHECK(link.on_dropped(start) == action::none);
    CHECK(link.on_error(reset, start) == action::none);
    CHECK(link.start(start) == action::open);
    CHECK(link.start(start) == action::none);
    CHECK(link.on_reply(status("OK"), start) == action::none); // before there is a connection
    CHECK(link.on_connected() == action::greet);
    CHECK(link.on_connected() == action::none);
    CHECK(link.on_error(reset, start) == action::drop);
    CHECK(link.on_error(redis_errc::protocol_error, start) ==
          action::none); // the first reason counts
    CHECK(link.reason() == reset);
    CHECK(link.on_dropped(start) == action::retry);
    CHECK(link.on_dropped(start) == action::none);
}

TEST_CASE("a dead Redis is noticed within ping_interval + response_timeout, whenever it dies") {
    for (auto dies_after = 0ms; dies_after <= options{}.ping_interval; dies_after += 250ms) {
        running_link f;
        auto const dead_at = start + dies_after;
        f.link.on_bytes(dead_at); // its last sign of life
        auto now = dead_at;
        auto what = action::none;
        while (what != action::drop) {
            now = f.link.deadline();
            what = f.link.tick(now);
        }
        CHECK(f.link.reason() == errc::timed_out);
        CHECK(now - dead_at <= f.settings.ping_interval + f.settings.response_timeout);
    }
}

TEST_CASE("a busy executor, which comes late to judge a link, reads once more before it does") {
    running_link f;
    REQUIRE(f.link.tick(f.link.deadline()) == action::ping);
    auto const late = f.link.deadline() + 10s;
    CHECK(f.link.tick(late) == action::none);
    CHECK(f.link.deadline() == late + hubbub::redis::lateness);
    SUBCASE("what had come meanwhile saves the link") {
        f.link.on_bytes(late + 1ms);
        CHECK(f.link.tick(late + hubbub::redis::lateness) == action::none);
        CHECK(f.link.running());
    }
    SUBCASE("if there was nothing it falls, however late the executor is again") {
        CHECK(f.link.tick(late + 10s) == action::drop);
        CHECK(f.link.reason() == errc::timed_out);
    }
}

TEST_CASE("the user says which errors end it all") {
    options o;
    std::vector<std::error_code> asked;
    bool final = false;
    o.gives_up_on = [&](std::error_code error) {
        asked.push_back(error);
        return final;
    };
    running_link f(o);
    CHECK(f.link.on_error(redis_errc::authentication_failed, start) == action::drop);
    CHECK(f.link.on_dropped(start) == action::retry); // against the default
    final = true;
    CHECK(f.link.tick(f.link.deadline()) == action::open);
    CHECK(f.link.on_error(reset, start) == action::drop);
    CHECK(f.link.on_dropped(start) == action::give_up);
    CHECK(asked == std::vector<std::error_code>{redis_errc::authentication_failed, reset});
}

} // namespace lifecycle_test
