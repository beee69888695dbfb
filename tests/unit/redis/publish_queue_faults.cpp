// SPDX-License-Identifier: MIT
#include <hubbub/redis/command.hpp>
#include <hubbub/redis/publish_queue.hpp>

#include "support/completions.hpp"
#include "support/replies.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace publish_queue_faults_test {

// What a publish_queue does when the link falls, or is closed, at every byte and every answer.

using hubbub::errc;
using hubbub::message_limits;
using hubbub::detail::publish_ledger;
using hubbub::redis::publish_queue;
using support::integer;
using support::ok;
using support::status;

namespace {

using completions = support::completions<std::error_code, hubbub::receiver_count>;
using completed = std::vector<completions::completed>;

/// One command of the story that each test tells; those without an id are pings.
struct command {
    int id;
    std::string bytes;
    bool is_ping() const { return id < 0; }
};

std::vector<command> const story = [] {
    std::vector<command> all;
    auto const publish = [&](std::string_view topic, std::string_view payload) {
        std::string bytes;
        hubbub::redis::append_publish(bytes, "app:", topic, payload);
        all.push_back({static_cast<int>(all.size()), bytes});
    };
    auto const ping = [&] { all.push_back({-1, "*1\r\n$4\r\nPING\r\n"}); };
    publish("a", "first");
    ping();
    publish("b", "");
    publish("a", std::string("\0\r\n", 3));
    ping();
    publish("a", "fifth");
    return all;
}();

// The story's commands are pushed in three bursts: [0, 2) [2, 5) [5, 6), each while the one before
// it is being written; the last one is never offered to the first link in some of the tests.
constexpr std::array<std::size_t, 4> bursts = {0, 2, 5, 6};

std::size_t total_bytes(std::size_t first, std::size_t last) {
    std::size_t sum = 0;
    for (auto i = first; i < last; ++i)
        sum += story[i].bytes.size();
    return sum;
}

/// How many of the commands end within so many bytes.
std::size_t wholly_in(std::size_t bytes, std::size_t first = 0) {
    auto count = first;
    while (count < story.size() && total_bytes(first, count + 1) <= bytes)
        ++count;
    return count - first;
}

class fixture {
public:
    /// The first burst is pushed; the next ones follow when writing them begins.
    fixture() { push_burst(); }

    void push_burst() {
        for (auto i = bursts[burst_]; i < bursts[burst_ + 1]; ++i) {
            if (story[i].is_ping()) {
                queue.push_ping();
                continue;
            }
            // The payload again, out of the formatted command.
            auto const& bytes = story[i].bytes;
            auto const topic = bytes.find("app:") + 4;
            auto const payload = bytes.find("\r\n", bytes.find('$', topic)) + 2;
            auto completion = done.make(story[i].id);
            ledger.published.add();
            REQUIRE(
                !queue.push("app:",
                            {std::string_view(bytes).substr(topic, 1),
                             std::string_view(bytes).substr(payload, bytes.size() - 2 - payload),
                             {}},
                            completion));
        }
        ++burst_;
    }

    /// Writes so many bytes; a burst is pushed whenever a write begins.
    std::string write(std::size_t bytes) {
        std::string written;
        while (written.size() < bytes) {
            auto const next = queue.output();
            auto const n = std::min(next.size(), bytes - written.size());
            REQUIRE(n > 0);
            written += next.substr(0, n);
            if (burst_ + 1 < bursts.size())
                push_burst();
            queue.wrote(n);
        }
        return written;
    }

    std::string write_all() {
        std::string written;
        for (auto next = queue.output(); !next.empty(); next = queue.output()) {
            written += next;
            if (burst_ + 1 < bursts.size())
                push_burst();
            queue.wrote(next.size());
        }
        return written;
    }

    /// Answers commands [first, last) of the story.
    void answer(std::size_t first, std::size_t last) {
        for (auto i = first; i < last; ++i)
            REQUIRE(!queue.on_reply(story[i].is_ping() ? status("PONG") : integer(story[i].id)));
    }

    message_limits limits;
    publish_ledger ledger;
    completions done; // before what holds some of them
    publish_queue queue{limits, ledger};

private:
    std::size_t burst_ = 0;
};

/// What the publishes among commands [first, last) of the story complete with.
void expect(completed& list, std::size_t first, std::size_t last, std::error_code error) {
    for (auto i = first; i < last; ++i)
        if (!story[i].is_ping())
            list.push_back({story[i].id,
                            {error, error ? hubbub::receiver_count()
                                          : static_cast<std::size_t>(story[i].id)}});
}

std::uint64_t publishes_in(std::size_t first, std::size_t last) {
    return static_cast<std::uint64_t>(
        std::count_if(story.begin() + static_cast<std::ptrdiff_t>(first),
                      story.begin() + static_cast<std::ptrdiff_t>(last),
                      [](auto const& c) { return !c.is_ping(); }));
}

std::string bytes_of(std::size_t first, std::size_t last) {
    std::string bytes;
    for (auto i = first; i < last; ++i)
        bytes += story[i].bytes;
    return bytes;
}

/// How many commands were pushed when so many bytes are written.
std::size_t pushed_by(std::size_t bytes) {
    std::size_t burst = 1;
    while (burst + 1 < bursts.size() && bytes > total_bytes(0, bursts[burst - 1]))
        ++burst;
    return bursts[burst];
}

} // namespace

TEST_CASE("wherever the link falls, what was written is unknown, and the rest is sent once more") {
    auto const total = total_bytes(0, story.size());
    for (std::size_t written = 0; written <= total; ++written)
        for (std::size_t replies = 0; replies <= wholly_in(written); ++replies) {
            CAPTURE(written);
            CAPTURE(replies);
            auto const whole = wholly_in(written);
            auto const pushed = pushed_by(written);
            fixture f;
            REQUIRE(f.write(written) == bytes_of(0, story.size()).substr(0, written));
            f.answer(0, replies);
            REQUIRE(f.queue.on_down() == publishes_in(replies, whole));

            completed expected;
            expect(expected, 0, replies, {});
            expect(expected, replies, whole, errc::outcome_unknown);
            REQUIRE(f.done.take() == expected);
            REQUIRE(f.queue.bytes() == total_bytes(whole, pushed));

            // On the next link.
            REQUIRE(f.write_all() == bytes_of(whole, story.size()));
            f.answer(whole, story.size());
            expected.clear();
            expect(expected, whole, story.size(), {});
            REQUIRE(f.done.take() == expected);
            REQUIRE(f.queue.on_down() == 0);
            REQUIRE(f.queue.output().empty());
            REQUIRE(f.queue.messages() == 0);

            auto const s = f.ledger.read();
            REQUIRE(s.published == publishes_in(0, story.size()));
            REQUIRE(s.confirmed == s.published - publishes_in(replies, whole));
            REQUIRE(s.unknown == publishes_in(replies, whole));
            REQUIRE(s.queued == 0);
        }
}

TEST_CASE("a second fall, after any byte of what is sent again, is no different") {
    auto const total = total_bytes(0, story.size());
    for (std::size_t first = 0; first <= total; first += 7)
        for (std::size_t second = 0; second <= total_bytes(wholly_in(first), story.size());
             second += 3) {
            CAPTURE(first);
            CAPTURE(second);
            auto const once = wholly_in(first);
            auto const twice = once + wholly_in(second, once);
            fixture f;
            f.write(first);
            f.queue.on_down();
            f.queue.on_down(); // an attempt that did not come so far
            REQUIRE(f.write(second) == bytes_of(once, story.size()).substr(0, second));
            if (twice > once)
                f.answer(once, once + 1);
            f.queue.on_down();
            REQUIRE(f.write_all() == bytes_of(twice, story.size()));
            f.answer(twice, story.size());

            completed expected;
            expect(expected, 0, once, errc::outcome_unknown);
            auto const answered = std::min(once + 1, twice);
            expect(expected, once, answered, {});
            expect(expected, answered, twice, errc::outcome_unknown);
            expect(expected, twice, story.size(), {});
            REQUIRE(f.done.take() == expected);
            REQUIRE(f.ledger.read().queued == 0);
        }
}

TEST_CASE("wherever it is closed, what was written is unknown, and the rest is discarded") {
    auto const total = total_bytes(0, story.size());
    for (std::size_t written = 0; written <= total; ++written)
        for (std::size_t replies = 0; replies <= wholly_in(written); ++replies) {
            CAPTURE(written);
            CAPTURE(replies);
            auto const whole = wholly_in(written);
            auto const pushed = pushed_by(written);
            fixture f;
            f.write(written);
            f.answer(0, replies);
            REQUIRE(f.queue.close(errc::closed) == publishes_in(replies, whole));

            completed expected;
            expect(expected, 0, replies, {});
            expect(expected, replies, whole, errc::outcome_unknown);
            expect(expected, whole, pushed, errc::closed);
            REQUIRE(f.done.take() == expected);
            REQUIRE(f.queue.messages() == 0);
            REQUIRE(f.queue.bytes() == 0);
            REQUIRE(f.queue.output().empty());
            REQUIRE(f.queue.close(errc::closed) == 0);

            auto const s = f.ledger.read();
            REQUIRE(s.confirmed == publishes_in(0, replies));
            REQUIRE(s.unknown == publishes_in(replies, whole));
            REQUIRE(s.discarded == publishes_in(whole, pushed));
            REQUIRE(s.published == publishes_in(0, pushed));
            REQUIRE(s.queued == 0);
        }
}

TEST_CASE("what is queued while the link is down is sent in order when it is up") {
    fixture f;
    f.queue.on_down();
    f.push_burst();
    f.queue.on_down();
    f.push_burst();
    CHECK(f.write_all() == bytes_of(0, story.size()));
    f.answer(0, story.size());
    completed expected;
    expect(expected, 0, story.size(), {});
    CHECK(f.done.take() == expected);
}

TEST_CASE("an answer may be seen before the write that caused it is") {
    // With several threads in the io_context, the read may complete first.
    fixture f;
    auto const bytes = f.queue.output();
    REQUIRE(bytes == bytes_of(0, 2));
    f.answer(0, 2);
    f.queue.wrote(bytes.size());
    CHECK(f.queue.on_down() == 0);
    CHECK(f.done.take() == completed{{0, {ok, 0}}});
    CHECK(f.queue.output().empty());
}

} // namespace publish_queue_faults_test
