// SPDX-License-Identifier: MIT
// A publishing link whose socket takes bytes slowly, on a clock of the test's own.
#include <hubbub/redis/lifecycle.hpp>
#include <hubbub/redis/publish_queue.hpp>

#include "support/replies.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <system_error>

namespace lifecycle_writes_test {

using namespace std::chrono_literals;
using hubbub::errc;
using hubbub::redis::lifecycle;
using hubbub::redis::options;
using hubbub::redis::time_point;
using action = lifecycle::action;

namespace {

constexpr auto never = time_point::max();
constexpr std::size_t mebibyte = std::size_t{1} << 20;
time_point const start{1h};

/// A publishing link, and a Redis that answers a command when it has all of it.
struct publishing_link {
    publishing_link() {
        link.start(start);
        link.on_connected();
        link.on_reply(support::status("OK"), start);
        REQUIRE(link.on_reply(support::status("PONG"), start) == action::run);
        queue.on_run();
    }

    void publish(std::size_t bytes) {
        hubbub::publish_completion done;
        REQUIRE(!queue.push("", {"t", std::string(bytes, 'x'), {}}, done));
    }

    void write() {
        auto const n = std::min({queue.output().size(), most, taken_until - taken});
        taken += n;
        queue.wrote(n);
        link.on_written(n, now);
        if (n == 0 || dead || queue.bytes() > 0)
            return;
        link.on_bytes(now);
        for (auto left = queue.messages(); left > pinged; --left)
            queue.on_reply(support::integer(1));
        for (; pinged > 0; --pinged)
            queue.on_reply(support::status("PONG"));
    }

    /// Goes on until the link is lost, but not beyond end. Returns when it was.
    time_point run(time_point end) {
        for (;;) {
            auto const writes =
                queue.output().empty() || taken == taken_until ? never : std::max(writable, now);
            auto const next = std::min(link.deadline(), writes);
            if (next > end) {
                now = end;
                return never;
            }
            now = next;
            if (now == writes) {
                write();
                writable = now + 100ms;
            }
            auto const what = link.tick(now);
            if (what == action::drop)
                return now;
            if (what == action::ping) {
                queue.push_ping();
                ++pinged;
                link.on_asked(queue.bytes());
            }
        }
    }

    options o;
    hubbub::detail::publish_ledger ledger;
    hubbub::redis::publish_queue queue{o.limits, ledger};
    lifecycle link{o, 1};
    time_point now = start;
    time_point writable = start;
    std::size_t most = mebibyte / 50;          // that the socket takes each 100 ms
    std::size_t taken_until = mebibyte * 1000; // all that it takes
    std::size_t taken = 0;
    std::size_t pinged = 0;
    bool dead = false; // nothing is answered
};

} // namespace

TEST_CASE("a large message may take as long as it takes, if the socket goes on taking it") {
    publishing_link f;
    f.publish(12 * mebibyte);
    CHECK(f.run(start + 10min) == never);
    CHECK(f.ledger.confirmed.get() == 1);
    CHECK(f.taken > 12 * mebibyte);
    CHECK(f.taken < 13 * mebibyte);
}

TEST_CASE("when it takes no more the link is lost within ping_interval + response_timeout") {
    for (std::size_t until = 0; until <= 12 * mebibyte; until += 2 * mebibyte) {
        CAPTURE(until);
        publishing_link f;
        f.publish(12 * mebibyte);
        f.taken_until = until;
        auto const stops = start + until / f.most * 100ms;
        auto const lost = f.run(start + 10min);
        CHECK(lost - stops <= f.o.ping_interval + f.o.response_timeout);
        CHECK(f.link.reason() == errc::timed_out);
    }
}

TEST_CASE("what is written behind a PING is no sign of life: a dead Redis is noticed while the "
          "system takes what is published") {
    publishing_link f;
    f.dead = true;
    f.most = mebibyte;
    auto lost = never;
    for (auto until = start; lost == never && until < start + 1h; until += 200ms) {
        f.publish(100);
        lost = f.run(until);
    }
    auto const turn = 100ms; // the PING waits for its
    CHECK(lost - start <= f.o.ping_interval + turn + f.o.response_timeout);
}

} // namespace lifecycle_writes_test
