// SPDX-License-Identifier: MIT
#include <hubbub/redis/command.hpp>
#include <hubbub/redis/publish_queue.hpp>

#include "support/completions.hpp"
#include "support/replies.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace publish_queue_test {

using hubbub::errc;
using hubbub::message_limits;
using hubbub::redis_errc;
using hubbub::detail::publish_ledger;
using hubbub::redis::publish_queue;
using support::error;
using support::integer;
using support::ok;
using support::status;

namespace {

using completions = support::completions<std::error_code, hubbub::receiver_count>;
using completed = std::vector<completions::completed>;

constexpr std::string_view ping = "*1\r\n$4\r\nPING\r\n";

std::string command(std::string_view topic, std::string_view payload) {
    std::string out;
    hubbub::redis::append_publish(out, "Chat:", topic, payload);
    return out;
}

/// A queue with all that belongs to it; publishes are numbered from 0.
struct fixture {
    explicit fixture(message_limits const& l = {}) : limits(l) {}

    std::error_code push(std::string_view topic, std::string_view payload) {
        auto completion = done.make(pushed);
        ledger.published.add();
        auto const refused = queue.push("Chat:", {topic, payload, {}}, completion);
        CHECK(static_cast<bool>(completion) == static_cast<bool>(refused));
        if (!refused)
            ++pushed;
        else
            ledger.refused.add();
        return refused;
    }

    /// Writes all that there is to write, and returns it.
    std::string write_all() {
        std::string all;
        for (auto next = queue.output(); !next.empty(); next = queue.output()) {
            all += next;
            queue.wrote(next.size());
        }
        return all;
    }

    message_limits limits;
    publish_ledger ledger;
    completions done; // before what holds some of them
    publish_queue queue{limits, ledger};
    int pushed = 0;
};

} // namespace

TEST_CASE("a publish goes out as a command, and the answer completes it with its count") {
    fixture f;
    CHECK(f.queue.output().empty());
    CHECK(!f.push("room.42", "hi"));
    CHECK(f.queue.output() == "*3\r\n$7\r\nPUBLISH\r\n$12\r\nChat:room.42\r\n$2\r\nhi\r\n");
    CHECK(f.write_all() == command("room.42", "hi"));
    CHECK(f.queue.output().empty());
    CHECK(f.done.take().empty());

    CHECK(!f.queue.on_reply(integer(3)));
    CHECK(f.done.take() == completed{{0, {ok, 3}}});
    CHECK(f.ledger.read().confirmed == 1);
    CHECK(f.ledger.read().queued == 0);
}

TEST_CASE("what is pushed while a write is under way goes out as the next one") {
    fixture f;
    f.push("a", "1");
    f.push("b", "2");
    std::string const first(f.queue.output());
    CHECK(first == command("a", "1") + command("b", "2"));
    f.push("c", "3");
    f.push("d", "4");
    CHECK(f.queue.output() == first); // it must not move under the write's feet

    f.queue.wrote(first.size());
    CHECK(f.write_all() == command("c", "3") + command("d", "4"));
}

TEST_CASE("a write that took only a part is followed by the rest, then by what came meanwhile") {
    fixture f;
    f.push("a", "1");
    auto const all = command("a", "1") + command("b", "2");
    std::string written;
    for (bool pushed = false; written.size() < all.size(); pushed = true) {
        auto const next = f.queue.output();
        written += next[0];
        f.queue.wrote(1);
        if (!pushed)
            f.push("b", "2");
    }
    CHECK(written == all);
    CHECK(f.queue.output().empty());
}

TEST_CASE("answers complete the publishes in order") {
    fixture f;
    for (auto const* const payload : {"0", "1", "2", "3"})
        f.push("t", payload);
    f.write_all();
    for (int i = 0; i < 4; ++i)
        CHECK(!f.queue.on_reply(integer(i * 10)));
    CHECK(f.done.take() == completed{{0, {ok, 0}}, {1, {ok, 10}}, {2, {ok, 20}}, {3, {ok, 30}}});
    CHECK(f.queue.messages() == 0);
}

TEST_CASE("an error answer refuses one publish, and the others go on") {
    fixture f;
    for (auto const* const payload : {"0", "1", "2"})
        f.push("t", payload);
    f.write_all();
    CHECK(!f.queue.on_reply(integer(1)));
    CHECK(f.queue.on_reply(error("NOPERM this user has no permissions to access the channel")) ==
          redis_errc::permission_denied);
    CHECK(!f.queue.on_reply(integer(1)));
    CHECK(f.done.take() ==
          completed{{0, {ok, 1}}, {1, {redis_errc::permission_denied, {}}}, {2, {ok, 1}}});

    auto const s = f.ledger.read();
    CHECK(s.confirmed == 2);
    CHECK(s.refused == 1);
    CHECK(s.queued == 0);
}

TEST_CASE("a ping goes between the publishes, and its answer completes nothing") {
    for (auto const& answer : {status("PONG"), error("NOPERM no"), error("MISCONF disk")}) {
        fixture f;
        f.push("t", "0");
        f.queue.push_ping();
        f.push("t", "1");
        CHECK(f.write_all() == command("t", "0") + std::string(ping) + command("t", "1"));
        CHECK(!f.queue.on_reply(integer(1)));
        CHECK(!f.queue.on_reply(answer));
        CHECK(!f.queue.on_reply(integer(2)));
        CHECK(f.done.take() == completed{{0, {ok, 1}}, {1, {ok, 2}}});
    }
}

TEST_CASE("the queue is bounded in messages") {
    fixture f({.max_queue_messages = 3});
    for (int i = 0; i < 3; ++i)
        CHECK(!f.push("t", "p"));
    CHECK(f.push("t", "p") == errc::queue_full);
    CHECK(f.queue.messages() == 3);

    f.write_all(); // still not answered
    CHECK(f.push("t", "p") == errc::queue_full);
    f.queue.on_reply(integer(1));
    CHECK(!f.push("t", "p"));
    CHECK(f.push("t", "p") == errc::queue_full);
    CHECK(f.ledger.read().refused == 3);
    CHECK(f.ledger.read().queued == 3);
}

TEST_CASE("the queue is bounded in bytes, whose count includes the framing") {
    auto const one = command("topic", std::string(100, 'x')).size();
    fixture f({.max_queue_bytes = 10 * one});
    int accepted = 0;
    while (!f.push("topic", std::string(100, 'x')))
        REQUIRE(++accepted <= 10);
    CHECK(accepted == 10);
    CHECK(f.queue.bytes() == 10 * one);
    CHECK(f.push("topic", std::string(100, 'x')) == errc::queue_full);
    CHECK(f.push("t", "") == errc::queue_full);

    f.queue.wrote(f.queue.output().size());
    CHECK(f.queue.bytes() == 0);
    CHECK(!f.push("topic", std::string(100, 'x')));
}

TEST_CASE("a publish larger than the bound is refused also by an empty queue") {
    fixture f({.max_queue_bytes = 1000});
    CHECK(f.push("t", std::string(1000, 'x')) == errc::queue_full);
    CHECK(f.queue.output().empty());
    CHECK(f.ledger.read().refused == 1);
    CHECK(f.ledger.read().queued == 0);
}

TEST_CASE("an answer nobody asked for is a protocol error") {
    fixture f;
    CHECK(f.queue.on_reply(integer(1)) == redis_errc::protocol_error);
    CHECK(f.queue.on_reply(status("PONG")) == redis_errc::protocol_error);
    CHECK(f.queue.on_reply(error("ERR")) == redis_errc::protocol_error);

    f.push("t", "p");
    CHECK(f.queue.on_reply(integer(1)) == redis_errc::protocol_error); // it was not even written
    f.write_all();
    CHECK(!f.queue.on_reply(integer(1)));
    CHECK(f.queue.on_reply(integer(1)) == redis_errc::protocol_error);
    CHECK(f.done.take() == completed{{0, {ok, 1}}});
    CHECK(f.ledger.read().confirmed == 1);
}

TEST_CASE("an answer that does not fit is a protocol error, and the outcome is unknown") {
    for (auto const& answer :
         {status("OK"), support::string("1"), hubbub::redis::reply{}, integer(-1),
          hubbub::redis::reply{{hubbub::redis::value::kind::array}, {}}}) {
        fixture f;
        f.push("t", "0");
        f.push("t", "1");
        f.write_all();
        CHECK(f.queue.on_reply(answer) == redis_errc::protocol_error);
        CHECK(f.queue.on_down() == 2); // which is what the owner does about it
        CHECK(f.done.take() ==
              completed{{0, {errc::outcome_unknown, {}}}, {1, {errc::outcome_unknown, {}}}});
        CHECK(f.ledger.read().unknown == 2);
        CHECK(f.ledger.read().queued == 0);
    }
}

TEST_CASE("a count in answer to a ping is a protocol error: the answers are out of step") {
    fixture f;
    f.queue.push_ping();
    f.push("t", "0");
    f.write_all();
    CHECK(f.queue.on_reply(integer(1)) == redis_errc::protocol_error);
}

TEST_CASE("nothing asked for before the link's fall is answered after it") {
    fixture f;
    f.push("t", "0");
    f.write_all();
    CHECK(f.queue.on_down() == 1);
    CHECK(f.queue.on_reply(integer(1)) == redis_errc::protocol_error);
}

} // namespace publish_queue_test
