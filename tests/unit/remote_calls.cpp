// SPDX-License-Identifier: MIT
#include <hubbub/hub/remote_calls.hpp>

#include <hubbub/testing/virtual_time.hpp>

#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <system_error>

using namespace std::chrono_literals;
using hubbub::errc;

namespace {

/// A call that waits for its answer, for ten seconds.
struct call {
    asio::io_context io;
    hubbub::testing::virtual_time time{io};
    hubbub::detail::remote_calls calls{io.get_executor(), 10s};
    std::optional<std::error_code> outcome;
    std::uint64_t number =
        calls.begin({io.get_executor(), [this](std::error_code error) { outcome = error; }});
};

} // namespace

TEST_SUITE_BEGIN("remote_calls");

TEST_CASE("a call that is not answered times out at its limit, and not before") {
    call c;
    c.time.run_for(10s - 1ns);
    CHECK(!c.outcome);
    c.time.run_for(1ns);
    CHECK(c.outcome == errc::timed_out);
}

TEST_CASE("an answer ends a call, and one that is too late does nothing") {
    call c;
    c.time.run_for(9s);
    SUBCASE("in time") {
        c.calls.finish(c.number, errc::unknown_connection);
        c.time.run_for(1h);
        CHECK(c.outcome == errc::unknown_connection);
    }
    SUBCASE("too late") {
        c.time.run_for(1h);
        c.calls.finish(c.number, {});
        c.time.run_for(1h);
        CHECK(c.outcome == errc::timed_out);
    }
}

TEST_CASE("close ends what waits, and nothing times out later") {
    call c;
    c.calls.close();
    c.time.run_for(1h);
    CHECK(c.outcome == errc::closed);
}

TEST_SUITE_END();
