// SPDX-License-Identifier: MIT
#include <hubbub/memory_budget.hpp>
#include <hubbub/redis/command.hpp>
#include <hubbub/redis/publish_queue.hpp>

#include "support/completions.hpp"
#include "support/replies.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace publish_queue_outage_test {

// What a publish_queue does while the link is down, when it is full, and for who waits for it.

using hubbub::errc;
using hubbub::memory_budget;
using hubbub::message_limits;
using hubbub::outage_policy;
using hubbub::redis_errc;
using hubbub::detail::publish_ledger;
using hubbub::redis::publish_queue;
using support::integer;
using support::ok;

namespace {

using completions = support::completions<std::error_code, hubbub::receiver_count>;
using completed = std::vector<completions::completed>;
using waiters = support::completions<std::error_code>;
using waited = std::vector<waiters::completed>;

std::string command(std::string_view payload) {
    std::string out;
    hubbub::redis::append_publish(out, "", "t", payload);
    return out;
}

struct fixture {
    explicit fixture(message_limits l = {}) : limits(std::move(l)) {}
    ~fixture() {
        queue.close(errc::closed);
        auto const s = ledger.read();
        CHECK(s.queued == 0);
        CHECK(queue.bytes() == 0);
        CHECK((!limits.budget || limits.budget->used() == 0));
    }

    std::error_code push(std::string_view payload) {
        auto completion = done.make(pushed);
        ledger.published.add();
        auto const refused = queue.push("", {"t", payload, {}}, completion);
        (refused ? refusals : pushed) += 1;
        if (refused)
            ledger.refused.add();
        return refused;
    }

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
    waiters waiting;
    publish_queue queue{limits, ledger};
    int pushed = 0;
    int refusals = 0;
};

} // namespace

TEST_CASE("refuse: while the link is down publishes are refused, and what was queued waits") {
    fixture f({.while_down = outage_policy::refuse});
    CHECK(f.push("before the first link") == errc::link_down);
    f.queue.on_run();
    CHECK(!f.push("0"));
    f.queue.on_down();
    CHECK(f.push("1") == errc::link_down);
    f.queue.on_run();
    CHECK(f.write_all() == command("0"));
    CHECK(f.ledger.read().refused == 2);
}

TEST_CASE("keep: while the link is down publishes wait up to the bound, then are refused") {
    fixture f({.max_queue_messages = 2, .while_down = outage_policy::keep});
    CHECK(!f.push("0"));
    CHECK(!f.push("1"));
    CHECK(f.push("2") == errc::queue_full);
    f.queue.on_run();
    CHECK(f.write_all() == command("0") + command("1"));
}

TEST_CASE("keep_newest: while the link is down the oldest makes room, is told and counted") {
    fixture f({.max_queue_messages = 3, .while_down = outage_policy::keep_newest});
    for (auto const* const payload : {"0", "1", "2", "3", "4"})
        CHECK(!f.push(payload));
    CHECK(f.done.take() == completed{{0, {errc::displaced, {}}}, {1, {errc::displaced, {}}}});
    CHECK(f.ledger.read().displaced == 2);
    CHECK(f.ledger.read().queued == 3);
    f.queue.on_down(); // an attempt failed
    f.queue.on_run();
    CHECK(f.write_all() == command("2") + command("3") + command("4"));
    CHECK(!f.queue.on_reply(integer(1)));
    CHECK(f.done.take() == completed{{2, {ok, 1}}});
}

TEST_CASE(
    "keep_newest: once the link is up a full queue refuses, as what is written is on its way") {
    fixture f({.max_queue_messages = 1, .while_down = outage_policy::keep_newest});
    f.queue.on_run();
    CHECK(!f.push("0"));
    CHECK(f.push("1") == errc::queue_full);
    CHECK(f.ledger.read().displaced == 0);
}

TEST_CASE("keep_newest: a large message displaces as many as it needs") {
    fixture f({.max_queue_bytes = 500, .while_down = outage_policy::keep_newest});
    std::vector<std::string> const small(6, std::string(20, 's'));
    for (auto const& payload : small)
        CHECK(!f.push(payload));
    std::string const large(400, 'l');
    CHECK(!f.push(large));
    f.queue.on_run();
    auto const written = f.write_all();
    CHECK(written.ends_with(command(large)));
    CHECK(written.size() <= 500 + 64);
    auto const s = f.ledger.read();
    CHECK(s.displaced + s.queued == 7);
    CHECK(s.displaced >= 3);
}

TEST_CASE("keep_newest: whatever was displaced, what is left goes out whole and in order") {
    for (std::size_t most = 1; most < 40; ++most)
        for (std::size_t pushes = most; pushes < 3 * most; pushes += 7) {
            fixture f({.max_queue_messages = most, .while_down = outage_policy::keep_newest});
            std::string expected;
            for (std::size_t i = 0; i < pushes; ++i) {
                CHECK(!f.push(std::to_string(i * i)));
                if (i % 5 == 0)
                    f.queue.on_down();
                if (i + most >= pushes)
                    expected += command(std::to_string(i * i));
            }
            f.queue.on_run();
            CHECK(f.write_all() == expected);
        }
}

TEST_CASE(
    "a link that falls with a write half done sends the rest again, and displaces from there") {
    fixture f({.max_queue_messages = 3, .while_down = outage_policy::keep_newest});
    f.queue.on_run();
    for (auto const* const payload : {"0", "1", "2"})
        CHECK(!f.push(payload));
    f.queue.wrote(f.queue.output().substr(0, command("0").size() + 5).size());
    CHECK(f.queue.on_down() == 1); // 0; 1 was not whole
    for (auto const* const payload : {"3", "4"})
        CHECK(!f.push(payload));
    CHECK(f.done.take() == completed{{0, {errc::outcome_unknown, {}}}, {1, {errc::displaced, {}}}});
    f.queue.on_run();
    CHECK(f.write_all() == command("2") + command("3") + command("4"));
}

TEST_CASE("who waits for room is told when there is enough of it, in turn") {
    fixture f({.max_queue_messages = 2});
    f.queue.on_run();
    f.queue.wait_for_room(2, f.waiting.make(0));
    CHECK(f.waiting.take() == waited{{0, {ok}}}); // there is room already
    f.push("0");
    f.push("1");
    f.queue.wait_for_room(2, f.waiting.make(1));
    f.queue.wait_for_room(2, f.waiting.make(2));
    f.write_all();
    CHECK(f.waiting.take().empty()); // the bound is on what is not answered
    CHECK(!f.queue.on_reply(integer(0)));
    CHECK(f.waiting.take() == waited{{1, {ok}}, {2, {ok}}});
}

TEST_CASE("room in bytes is there when they are written") {
    fixture f({.max_queue_bytes = 200});
    f.queue.on_run();
    f.push(std::string(150, 'x'));
    f.queue.wait_for_room(100, f.waiting.make(0));
    CHECK(f.waiting.take().empty());
    f.write_all();
    CHECK(f.waiting.take() == waited{{0, {ok}}});
}

TEST_CASE("who waits for much room holds up nobody for whom there is enough") {
    fixture f({.max_queue_bytes = 200});
    f.queue.on_run();
    f.push(std::string(120, 'x'));
    f.queue.wait_for_room(190, f.waiting.make(0));
    f.queue.wait_for_room(1, f.waiting.make(1));
    CHECK(f.waiting.take() == waited{{1, {ok}}});
    f.queue.wait_for_room(100, f.waiting.make(2));
    f.write_all();
    CHECK(f.waiting.take() == waited{{0, {ok}}, {2, {ok}}}); // and who came first is told first
}

TEST_CASE("a drain completes when all is answered, or the link fell after all was written") {
    fixture f;
    f.queue.flush(f.waiting.make(0));
    CHECK(f.waiting.take() == waited{{0, {ok}}});
    f.queue.on_run();
    f.push("0");
    f.push("1");
    f.queue.flush(f.waiting.make(1));
    f.write_all();
    CHECK(!f.queue.on_reply(integer(0)));
    CHECK(f.waiting.take().empty());
    SUBCASE("answered") {
        CHECK(!f.queue.on_reply(integer(0)));
    }
    SUBCASE("unknown") {
        CHECK(f.queue.on_down() == 1);
    }
    CHECK(f.waiting.take() == waited{{1, {ok}}});
}

TEST_CASE("draining: wherever the link falls, all that was accepted ends once, then the drain") {
    std::vector<std::string> const payloads{"first", "", "third"};
    std::string all;
    for (auto const& payload : payloads)
        all += command(payload);
    for (std::size_t written = 0; written <= all.size(); ++written)
        for (std::size_t answers = 0; answers <= payloads.size(); ++answers) {
            fixture f;
            f.queue.on_run();
            for (auto const& payload : payloads)
                f.push(payload);
            f.queue.flush(f.waiting.make(0));
            if (written > 0)
                f.queue.wrote(f.queue.output().substr(0, written).size());
            for (std::size_t i = 0; i < answers; ++i)
                if (f.queue.on_reply(integer(1)))
                    break; // an answer to what was not written
            f.queue.on_down();
            f.queue.on_run();
            f.write_all();
            for (auto left = f.queue.messages(); left > 0; --left)
                CHECK(!f.queue.on_reply(integer(1)));
            CHECK(f.waiting.take() == waited{{0, {ok}}});
            CHECK(f.done.take().size() == payloads.size());
            auto const s = f.ledger.read();
            CHECK(s.confirmed + s.unknown == payloads.size());
        }
}

TEST_CASE("keep_newest: a flush ends when all that it waits for has made room") {
    fixture f({.max_queue_messages = 2, .while_down = outage_policy::keep_newest});
    CHECK(!f.push("1"));
    f.queue.flush(f.waiting.make(0));
    CHECK(!f.push("2"));
    CHECK(f.waiting.take().empty());
    CHECK(!f.push("3"));
    CHECK(f.waiting.take().size() == 1);
}

TEST_CASE("closing ends who waits for room, and who drains, with its error") {
    fixture f({.max_queue_messages = 1});
    f.push("0");
    f.queue.wait_for_room(1, f.waiting.make(0));
    f.queue.flush(f.waiting.make(1));
    f.queue.close(redis_errc::authentication_failed);
    CHECK(f.waiting.take() == waited{{0, {redis_errc::authentication_failed}},
                                     {1, {redis_errc::authentication_failed}}});
    CHECK(f.done.take() == completed{{0, {redis_errc::authentication_failed, {}}}});
}

TEST_CASE("a budget that other queues share is a bound like the queue's own") {
    auto const budget = std::make_shared<memory_budget>(300);
    fixture f({.budget = budget});
    fixture other({.budget = budget});
    f.queue.on_run();
    CHECK(!other.push(std::string(200, 'x')));
    CHECK(!f.push("0"));
    CHECK(f.push(std::string(100, 'x')) == errc::queue_full);
    f.queue.wait_for_room(100, f.waiting.make(0));
    CHECK(f.waiting.take().empty());
    other.queue.on_run();
    other.write_all();
    CHECK(f.waiting.take() == waited{{0, {ok}}});
    f.write_all();
    CHECK(budget->used() == 0);
}

TEST_CASE("a transport that is away and waits for much of a shared budget holds up no other") {
    auto const budget = std::make_shared<memory_budget>(1000);
    fixture away({.budget = budget});
    fixture healthy({.budget = budget});
    CHECK(!away.push(std::string(700, 'x')));
    away.queue.wait_for_room(500, away.waiting.make(0));
    auto const spike = budget->max_bytes() - budget->taken();
    REQUIRE(budget->try_take(spike));
    healthy.queue.wait_for_room(10, healthy.waiting.make(0));
    CHECK(healthy.waiting.take().empty());
    budget->give_back(spike);
    CHECK(healthy.waiting.take() == waited{{0, {ok}}});
    CHECK(away.waiting.take().empty());
    away.queue.on_run();
    away.write_all();
    CHECK(away.waiting.take() == waited{{0, {ok}}});
}

TEST_CASE("who waits for room in a shared budget is not told before a push would succeed") {
    auto const budget = std::make_shared<memory_budget>(250);
    fixture f({.budget = budget});
    REQUIRE(budget->try_take(237));
    CHECK(!f.push("0")); // whose framing is beyond the budget
    CHECK(f.push("1234") == errc::queue_full);
    f.queue.wait_for_room(5, f.waiting.make(0));
    CHECK(f.waiting.take().empty());
    for (int i = 0; i < 237; ++i) {
        budget->give_back(1);
        if (f.waiting.take().empty())
            continue;
        CHECK(!f.push("1234"));
        budget->give_back(236 - static_cast<std::size_t>(i));
        return;
    }
    FAIL("nobody was told");
}

TEST_CASE("closing or draining withdraws who waits for room in a shared budget") {
    auto const budget = std::make_shared<memory_budget>(100);
    fixture f({.budget = budget});
    REQUIRE(budget->try_take(100));
    f.queue.wait_for_room(5, f.waiting.make(0));
    CHECK(f.waiting.take().empty());
    SUBCASE("closing") {
        f.queue.close(errc::closed);
    }
    SUBCASE("draining") {
        f.queue.end_waiting_for_room(errc::closed);
    }
    CHECK(f.waiting.take() == waited{{0, {errc::closed}}});
    budget->give_back(100);
}

TEST_CASE("keep_newest: a message that never fits displaces none") {
    auto const budget = std::make_shared<memory_budget>(300);
    fixture f({.max_queue_bytes = 200, .while_down = outage_policy::keep_newest, .budget = budget});
    CHECK(!f.push("0"));
    CHECK(f.push(std::string(200, 'x')) == errc::queue_full);
    CHECK(budget->try_take(200));
    CHECK(f.push(std::string(150, 'x')) == errc::queue_full); // others have the budget for it
    budget->give_back(200);
    CHECK(f.done.take().empty());
    CHECK(f.queue.messages() == 1);
}

TEST_CASE("a probe is answered for itself, and is no message of the ledger") {
    fixture f;
    f.queue.on_run();
    f.queue.push_probe("", {"probe", "1", {}}, f.done.make(7));
    f.write_all();
    SUBCASE("answered") {
        CHECK(!f.queue.on_reply(integer(1)));
        CHECK(f.done.take() == completed{{7, {ok, 1}}});
    }
    SUBCASE("refused") {
        CHECK(!f.queue.on_reply(support::error("NOPERM no")));
        CHECK(f.done.take() == completed{{7, {redis_errc::permission_denied, {}}}});
    }
    SUBCASE("lost") {
        CHECK(f.queue.on_down() == 0);
        CHECK(f.done.take() == completed{{7, {errc::outcome_unknown, {}}}});
    }
    CHECK(f.ledger.read().published == 0);
    CHECK(f.ledger.read().confirmed == 0);
}

TEST_CASE("a queue remembers the most that was queued at once") {
    fixture f;
    f.queue.on_run();
    for (int i = 0; i < 5; ++i)
        f.push("x");
    auto const deepest = f.queue.bytes();
    f.write_all();
    CHECK(f.queue.peak_messages() == 5);
    CHECK(f.queue.peak_bytes() == deepest);
}

} // namespace publish_queue_outage_test
