// SPDX-License-Identifier: MIT
#include <hubbub/redis/lifecycle.hpp>

#include "support/replies.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <system_error>
#include <vector>

namespace lifecycle_cut_off_test {

// Whether a link that Redis closed was closed for being slow.

using namespace std::chrono_literals;
using hubbub::errc;
using hubbub::redis::lifecycle;
using hubbub::redis::options;
using hubbub::redis::reply;
using hubbub::redis::time_point;
using hubbub::redis::value;
using support::error;
using support::status;
using action = lifecycle::action;
using cut_off = lifecycle::cut_off;

namespace {

/// A subscribing link, as often as it is connected.
struct fixture {
    void connect(std::vector<std::string> const& info) {
        if (!connected_before)
            link.start(now);
        else
            link.tick(now = link.deadline());
        connected_before = true;
        REQUIRE(link.on_connected() == action::greet);
        CHECK(link.greeting().find("INFO") != std::string::npos);
        link.on_reply(status("OK"), now);
        for (std::string const& section : info)
            if (section.starts_with("-"))
                link.on_reply(error(section.substr(1)), now);
            else
                link.on_reply(reply{{.type = value::kind::string, .text = section}, {}}, now);
        REQUIRE(link.on_reply(status("PONG"), now) == action::run);
    }

    void fall(std::error_code why = errc::disconnected) {
        now += 1min;
        REQUIRE(link.on_error(why, now) == action::drop);
        REQUIRE(link.on_dropped(now) == action::retry);
    }

    options o;
    lifecycle link{o, 1, true};
    time_point now{1h};
    bool connected_before = false;
};

/// The answers to INFO server and INFO stats.
std::vector<std::string> info(std::string const& run_id, std::string const& count = {}) {
    std::string stats = "# Stats\r\nx:1\r\n";
    if (!count.empty())
        stats += "client_output_buffer_limit_disconnections:" + count + "\r\n";
    return {"# Server\r\nredis_version:7.2.0\r\nrun_id:" + run_id + "\r\n", stats};
}

} // namespace

TEST_CASE("a link that Redis closed was cut off if Redis counts one more such closing") {
    fixture f;
    f.connect(info("a", "3"));
    CHECK(f.link.was_cut_off() == cut_off::no);
    f.fall();
    f.connect(info("a", "4"));
    CHECK(f.link.was_cut_off() == cut_off::counted);
    f.fall();
    f.connect(info("a", "4"));
    CHECK(f.link.was_cut_off() == cut_off::no);
}

TEST_CASE("a Redis that counts is believed, however far behind the link was") {
    fixture f;
    f.connect(info("a", "3"));
    f.link.on_bytes(f.now, true);
    f.fall();
    f.connect(info("a", "3"));
    CHECK(f.link.was_cut_off() == cut_off::no);
}

TEST_CASE("where Redis does not count, a link that was behind when it was closed was cut off") {
    fixture f;
    f.connect(info("a"));
    f.link.on_bytes(f.now, true);
    for (int i = 0; i < 7; ++i)
        f.link.on_bytes(f.now, false); // the last of it, in pieces
    f.fall(std::make_error_code(std::errc::connection_reset));
    f.connect(info("a"));
    CHECK(f.link.was_cut_off() == cut_off::concluded);
}

TEST_CASE("a link that was not behind was not cut off") {
    fixture f;
    f.connect(info("a"));
    f.link.on_bytes(f.now, true);
    for (int i = 0; i < 8; ++i)
        f.link.on_bytes(f.now, false);
    f.fall();
    f.connect(info("a"));
    CHECK(f.link.was_cut_off() == cut_off::no);
}

TEST_CASE("how far behind the link before was says nothing of this one") {
    fixture f;
    f.connect(info("a"));
    f.link.on_bytes(f.now, true);
    f.fall();
    f.connect(info("a"));
    CHECK(f.link.was_cut_off() == cut_off::concluded);
    f.fall();
    f.connect(info("a"));
    CHECK(f.link.was_cut_off() == cut_off::no);
}

TEST_CASE("a link that fell with its server, or by itself, was not cut off") {
    fixture f;
    f.connect(info("a", "3"));
    f.link.on_bytes(f.now, true);
    SUBCASE("another server is there now") {
        f.fall();
        f.connect(info("b", "4"));
    }
    SUBCASE("it was dropped here") {
        f.fall(errc::timed_out);
        f.connect(info("a", "4"));
    }
    CHECK(f.link.was_cut_off() == cut_off::no);
}

TEST_CASE("a Redis, or a proxy, that gives no INFO is welcome, and tells nothing") {
    for (auto const* const why : {"-NOPERM no permission to run 'info'", "-ERR unknown command"}) {
        fixture f;
        f.connect({why, why});
        f.link.on_bytes(f.now, true);
        f.fall();
        f.connect({why, why});
        CHECK(f.link.was_cut_off() == cut_off::no);
    }
}

} // namespace lifecycle_cut_off_test
