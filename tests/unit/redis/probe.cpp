// SPDX-License-Identifier: MIT
#include <hubbub/error.hpp>
#include <hubbub/redis/probe.hpp>

#include <doctest/doctest.h>

#include <chrono>

namespace probe_test {

using namespace std::chrono_literals;
using hubbub::errc;
using hubbub::redis::lateness;
using hubbub::redis::options;
using hubbub::redis::probe;
using hubbub::redis::time_point;

namespace {

constexpr auto forever = time_point::max();
time_point const start{1h};

/// Two links that are whole at start, and a probe that was sent as soon as it was due.
struct fixture {
    fixture() {
        p.on_whole(start);
        now = p.deadline();
        REQUIRE(p.due(now, true));
    }

    options o;
    probe p{o};
    time_point now;
};

} // namespace

TEST_CASE("a probe is due every probe_interval while both links are whole") {
    options const o;
    probe p(o);
    CHECK(p.deadline() == forever);
    CHECK(!p.due(start, true));

    auto now = start;
    p.on_whole(now);
    for (std::uint64_t i = 1; i < 4; ++i) {
        CHECK(p.deadline() == now + o.probe_interval);
        CHECK(!p.due(p.deadline() - 1ns, true));
        now = p.deadline();
        CHECK(p.due(now, true));
        CHECK(!p.due(now, true));
        CHECK(p.number() == i);
        p.on_published(i, {}, 1, now += 1ms);
        p.on_probe(i, now += 2ms);
        CHECK(p.round_trip() == 3ms);
        CHECK(!p.deaf(now));
    }
    p.on_lost();
    CHECK(p.deadline() == forever);
    CHECK(!p.due(now + 1h, true));
}

TEST_CASE("without an interval there are no probes") {
    options o;
    o.probe_interval = 0ms;
    probe p(o);
    p.on_whole(start);
    CHECK(p.deadline() == forever);
}

TEST_CASE("a probe whose channel is not subscribed, since it may not be, is not sent") {
    options const o;
    probe p(o);
    p.on_whole(start);
    auto const first = p.deadline();
    CHECK(!p.due(first, false));
    CHECK(p.deadline() == first + o.probe_interval);
    CHECK(!p.deaf(first + 1h));
}

TEST_CASE("a link is deaf if nothing came for response_timeout after the probe was given out") {
    fixture f;
    CHECK(!f.p.deaf(f.now + 1h)); // the publishing link has to answer first
    f.p.on_published(f.p.number(), {}, 1, f.now += 5ms);
    CHECK(f.p.deadline() == f.now + f.o.response_timeout);
    CHECK(!f.p.deaf(f.p.deadline() - 1ns));
    CHECK(f.p.deaf(f.p.deadline()));
    CHECK(f.p.deadline() == forever); // it is replaced, and then whole again
}

TEST_CASE("a link is deaf at once if Redis gave the probe to nobody") {
    fixture f;
    f.p.on_published(f.p.number(), {}, 0, f.now);
    CHECK(f.p.deadline() == f.now);
    CHECK(f.p.deaf(f.now));
}

TEST_CASE("the probe may be overtaken by its answer, or overtake it") {
    fixture f;
    f.p.on_probe(f.p.number(), f.now + 1ms);
    f.p.on_published(f.p.number(), {}, 1, f.now + 2ms);
    CHECK(f.p.deadline() == f.now + 1ms + f.o.probe_interval);
}

TEST_CASE("a probe that could not be published says nothing of the receiving link") {
    fixture f;
    f.p.on_published(f.p.number(), errc::outcome_unknown, 0, f.now);
    CHECK(!f.p.deaf(f.now + 1h));
    CHECK(f.p.deadline() == f.now + f.o.probe_interval);
}

TEST_CASE("an older probe that comes late is not the one that is awaited") {
    fixture f;
    f.p.on_published(f.p.number(), {}, 1, f.now);
    f.p.on_probe(f.p.number() - 1, f.now);
    CHECK(f.p.deaf(f.now + f.o.response_timeout));
}

TEST_CASE("the late answer to a probe of the link before does not count for this one") {
    fixture f;
    auto const first = f.p.number();
    f.p.on_lost();
    f.p.on_whole(f.now);
    f.now = f.p.deadline();
    REQUIRE(f.p.due(f.now, true));
    f.p.on_published(first, {}, 0, f.now); // to nobody, as that link was gone
    CHECK(!f.p.deaf(f.now));
    f.p.on_published(f.p.number(), {}, 1, f.now);
    CHECK(f.p.deadline() == f.now + f.o.response_timeout);
}

TEST_CASE("a link that is behind is not deaf while other messages come, for twelve timeouts") {
    fixture f;
    f.p.on_published(f.p.number(), {}, 1, f.now);
    auto const end = f.now + 12 * f.o.response_timeout;
    for (auto t = f.now; t < end; t += f.o.response_timeout / 2) {
        CHECK(!f.p.deaf(t));
        f.p.on_message(t);
        CHECK(f.p.deadline() <= end);
    }
    CHECK(f.p.deadline() == end);
    CHECK(f.p.deaf(end));
}

TEST_CASE("a busy executor, which comes late, reads once more before it judges") {
    fixture f;
    f.p.on_published(f.p.number(), {}, 1, f.now);
    auto const late = f.p.deadline() + 10s;
    CHECK(!f.p.deaf(late));
    CHECK(f.p.deadline() == late + lateness);
    SUBCASE("then the probe is there") {
        f.p.on_probe(f.p.number(), late + 1ms);
        CHECK(!f.p.deaf(late + lateness));
    }
    SUBCASE("or it is not, however late the executor is again") {
        CHECK(f.p.deaf(late + 10s));
    }
}

TEST_CASE(
    "a deaf link is noticed within probe_interval + response_timeout, whenever it goes deaf") {
    options const o;
    for (auto deaf_after = 0ms; deaf_after <= o.probe_interval; deaf_after += 250ms) {
        probe p(o);
        p.on_whole(start);
        auto const deaf_at = start + deaf_after;
        auto now = start;
        for (;;) { // a Redis that answers the publishing link at once
            now = p.deadline();
            if (p.deaf(now))
                break;
            REQUIRE(p.due(now, true));
            p.on_published(p.number(), {}, 1, now);
            if (now < deaf_at)
                p.on_probe(p.number(), now);
        }
        CHECK(now - deaf_at <= o.probe_interval + o.response_timeout);
    }
}

} // namespace probe_test
