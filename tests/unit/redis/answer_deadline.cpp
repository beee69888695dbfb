// SPDX-License-Identifier: MIT
// A receiving link, which is asked with a PING now and then, while messages come or do not.
#include <hubbub/error.hpp>
#include <hubbub/redis/answer_deadline.hpp>
#include <hubbub/redis/lifecycle.hpp>

#include "support/replies.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <deque>

namespace answer_deadline_test {

using namespace std::chrono_literals;
using hubbub::redis::answer_deadline;
using hubbub::redis::lateness;
using hubbub::redis::lifecycle;
using hubbub::redis::options;
using hubbub::redis::patience;
using hubbub::redis::time_point;
using duration = hubbub::redis::clock::duration;

namespace {

constexpr auto never = time_point::max();
time_point const start{1h};

/// A receiving link on a clock of the test's own, and what Redis does with it.
struct receiving_link {
    receiving_link() {
        link.start(start);
        link.on_connected();
        for (auto const& said : {support::status("OK"), support::string(""), support::string(""),
                                 support::status("PONG")})
            link.on_reply(said, start);
        REQUIRE(link.running());
    }

    /// Goes on until the link is lost, but not beyond end. Returns when it was.
    time_point run(time_point end) {
        for (;;) {
            auto const answered = answers.empty() ? never : answers.front();
            auto const next = std::min({link.deadline(), answer.when(), answered, message});
            if (next > end)
                return never;
            now = next;
            if (answer.is_over(now))
                return now;
            if (now == answered) {
                answers.pop_front();
                link.on_bytes(now);
                answer.answered(--unanswered > 0, now);
                answer.put_off(now);
            }
            if (now == message) {
                link.on_bytes(now);
                answer.put_off(now);
                message += message_interval;
            }
            auto const what = link.tick(now);
            if (what == lifecycle::action::drop)
                return now;
            if (what == lifecycle::action::ping) {
                answer.await(now);
                ++unanswered;
                if (now < swallowed_from)
                    answers.push_back(now + behind);
            }
        }
    }

    options o;
    lifecycle link{o, 1, true};
    answer_deadline answer{o.response_timeout};
    time_point now = start;
    duration behind = 1ms;             // an answer comes so long after it was asked for
    time_point swallowed_from = never; // what is sent from then on does not arrive
    duration message_interval = 1s;
    time_point message = start + 100ms; // when the next one comes
    std::deque<time_point> answers;     // when those that are under way come
    int unanswered = 0;
};

} // namespace

TEST_CASE("a link that is behind by less than twelve timeouts is kept while messages come") {
    for (auto const behind : {1ms, 4000ms, 5001ms, 10'000ms, 30'000ms, 59'000ms}) {
        CAPTURE(behind.count());
        receiving_link f;
        f.behind = behind;
        CHECK(f.run(start + 1h) == never);
    }
}

TEST_CASE("one that is behind by more, or hears nothing meanwhile, is lost") {
    receiving_link f;
    SUBCASE("for longer than Redis itself bears") {
        f.behind = 61s;
        CHECK(f.run(start + 1h) == start + f.o.ping_interval + patience * f.o.response_timeout);
    }
    SUBCASE("without a message") {
        f.behind = 6s;
        f.message = never;
        CHECK(f.run(start + 1h) == start + f.o.ping_interval + f.o.response_timeout);
    }
    SUBCASE("with messages that are too rare to tell") {
        f.behind = 30s;
        f.message_interval = 6s;
        CHECK(f.run(start + 1h) != never);
    }
}

TEST_CASE("a link on which commands do not go is noticed within ping_interval + 12 "
          "response_timeouts, whenever that begins, and within one if nothing else comes") {
    for (auto from = 1ms; from <= 2 * options{}.ping_interval; from += 250ms)
        for (bool const messages : {true, false}) {
            CAPTURE(from.count());
            CAPTURE(messages);
            receiving_link f;
            f.swallowed_from = start + from;
            if (!messages)
                f.message = never;
            auto const noticed = f.run(start + 1h);
            auto const timeouts = messages ? patience : 1;
            CHECK(noticed - f.swallowed_from <=
                  f.o.ping_interval + timeouts * f.o.response_timeout);
        }
}

TEST_CASE("an executor that comes late reads once more before it judges a link that is behind") {
    answer_deadline answer(1s);
    answer.put_off(start); // nothing is awaited
    CHECK(answer.when() == never);
    answer.await(start);
    CHECK(answer.when() == start + 1s);
    answer.put_off(start + 500ms);
    CHECK(answer.when() == start + 1500ms);
    auto const late = start + patience * 1s + 10s;
    CHECK(!answer.is_over(late));
    answer.put_off(late + 1ms); // a part of what had come meanwhile
    CHECK(answer.when() == late + lateness);
    SUBCASE("then the answer is there") {
        answer.answered(false, late + 2ms);
        CHECK(!answer.is_over(late + 1h));
    }
    SUBCASE("or it is not") {
        CHECK(answer.is_over(late + lateness));
    }
}

} // namespace answer_deadline_test
