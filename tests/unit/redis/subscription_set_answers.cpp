// SPDX-License-Identifier: MIT
#include <hubbub/redis/subscription_set.hpp>

#include "support/replies.hpp"
#include "support/subscribing.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

// What a subscription_set makes of answers other than the confirmation it hopes for.

using hubbub::errc;
using hubbub::pattern;
using hubbub::redis_errc;
using support::ok;
using support::subscribing;
using completed = subscribing::completed;
using names = std::set<std::string>;

TEST_CASE("a ping may be answered in three ways") {
    subscribing f;
    f.set.on_run();
    f.set.push_ping();
    f.want("a", 0);
    f.set.push_ping();
    f.send();
    f.redis.ping_forbidden = true;
    f.set.push_ping();
    f.want("b", 1);
    f.send();
    CHECK(!f.answer().error); // +PONG
    CHECK(!f.answer().error);
    CHECK(!f.answer().error); // ["pong", ""]
    CHECK(!f.answer().error); // -NOPERM
    CHECK(!f.answer().error);
    CHECK(f.done.take() == completed{{0, {ok}}, {1, {ok}}});
    CHECK(f.set.became_whole());
}

TEST_CASE("an answer that fits nothing is a protocol error") {
    using hubbub::redis::value;
    auto const string = [](std::string_view text) {
        return value{.type = value::kind::string, .text = text};
    };
    auto const number = value{.type = value::kind::integer, .integer = 1};
    auto const reply = [](std::vector<value> const& elements) {
        return hubbub::redis::reply{{.type = value::kind::array}, elements};
    };
    std::vector<value> const confirmed{string("subscribe"), string("a"), number};
    std::vector<value> const other_name{string("subscribe"), string("b"), number};
    std::vector<value> const other_word{string("unsubscribe"), string("a"), number};
    std::vector<value> const a_pattern{string("psubscribe"), string("a"), number};
    std::vector<value> const too_short{string("subscribe"), string("a")};
    std::vector<value> const pong{string("pong"), string("")};

    subscribing idle;
    idle.set.on_run();
    CHECK(idle.set.on_reply(reply(confirmed)).error == redis_errc::protocol_error);
    CHECK(idle.set.on_reply(support::status("OK")).error == redis_errc::protocol_error);
    CHECK(idle.set.on_reply(support::error("ERR")).error == redis_errc::protocol_error);

    for (auto const& wrong : {reply(other_name), reply(other_word), reply(a_pattern),
                              reply(too_short), reply(pong), reply({}), support::status("OK"),
                              support::integer(1), support::string("a"), hubbub::redis::reply{}}) {
        subscribing f;
        f.set.on_run();
        f.want("a", 0);
        CHECK(f.set.on_reply(reply(confirmed)).error == redis_errc::protocol_error); // not sent yet
        f.send();
        CHECK(f.set.on_reply(wrong).error == redis_errc::protocol_error);
        CHECK(f.done.take().empty());
    }
    for (auto const& wrong :
         {reply(confirmed), reply({}), support::integer(1), hubbub::redis::reply{}}) {
        subscribing f;
        f.set.on_run();
        f.set.push_ping();
        f.send();
        CHECK(f.set.on_reply(wrong).error == redis_errc::protocol_error);
    }
}

TEST_CASE("of a batch that Redis refuses, only the guilty are") {
    subscribing f;
    f.redis.forbidden = {"t1", "t3"};
    for (int i = 0; i < 5; ++i)
        f.want("t" + std::to_string(i), i);
    f.set.on_run();
    f.send();
    CHECK(!f.answer().refused_reason); // the batch as a whole: nobody is accused
    CHECK(f.done.take().empty());
    CHECK(!f.set.became_whole());

    auto const refused = f.settle();
    CHECK(names(refused.begin(), refused.end()) == f.redis.forbidden);
    CHECK(refused.size() == 2);
    CHECK(f.redis.channels == names{"t0", "t2", "t4"});
    CHECK(f.redis.commands.size() == 6); // the batch, and each alone
    CHECK(f.set.became_whole());
    auto const ended = f.done.take();
    CHECK(ended.size() == 5);
    for (auto const& [id, results] : ended)
        CHECK(std::get<0>(results) == (id == 1 || id == 3 ? redis_errc::permission_denied : ok));
}

TEST_CASE("a refused pattern is told by its own name") {
    subscribing f;
    f.redis.forbidden = {"p*"};
    f.set.on_run();
    f.want(pattern{"p*"}, 0);
    CHECK(f.settle() == std::vector<std::string>{"p*"});
    CHECK(f.done.take() == completed{{0, {redis_errc::permission_denied}}});
}

TEST_CASE("what was refused is asked for again when somebody wants it, and on the next link") {
    subscribing f;
    f.redis.forbidden = {"a"};
    f.set.on_run();
    f.want("a", 0);
    CHECK(f.settle().size() == 1);
    f.want("a", 1);
    CHECK(f.settle().size() == 1);
    CHECK(f.done.take() ==
          completed{{0, {redis_errc::permission_denied}}, {1, {redis_errc::permission_denied}}});

    for (int i = 0; i < 2; ++i) {
        f.down();
        f.set.on_run();
        CHECK(f.settle().size() == 1);
    }
    f.down();
    f.redis.forbidden.clear();
    f.set.on_run();
    CHECK(f.settle().empty());
    CHECK(f.redis.channels == names{"a"});
    f.want("a", 2);
    CHECK(f.done.take() == completed{{2, {ok}}});
}

TEST_CASE("what was refused is asked for again after a while, without another event") {
    subscribing f;
    f.redis.forbidden = {"a"};
    f.set.on_run();
    f.want("a", 0);
    CHECK(f.settle() == std::vector<std::string>{"a"});

    auto now = hubbub::redis::time_point{} + std::chrono::hours(1);
    for (int i = 0; i < 3; ++i) {
        if (i == 2)
            f.redis.forbidden.clear();
        f.set.tick(now); // learns the time
        auto const due = f.set.deadline();
        CHECK(due == now + std::chrono::seconds(2));
        f.set.tick(due - std::chrono::milliseconds(1));
        CHECK(!f.set.has_output());
        f.set.tick(now = due);
        CHECK(f.settle().empty());
    }
    CHECK(f.redis.channels == names{"a"});
    CHECK(f.set.deadline() == hubbub::redis::time_point::max());
}

TEST_CASE("what was refused and is not wanted any more is forgotten") {
    subscribing f;
    f.redis.forbidden = {"a"};
    f.set.on_run();
    f.want("a", 0);
    f.settle();
    f.unwant("a");
    CHECK(f.set.deadline() == hubbub::redis::time_point::max());
    f.down();
    f.set.on_run();
    CHECK(f.settle().empty());
    CHECK(f.redis.commands.size() == 1);
}

TEST_CASE("a refusal of what nobody wants any more accuses nobody") {
    for (bool const left : {false, true}) {
        CAPTURE(left);
        subscribing f;
        f.redis.forbidden = {"a"};
        f.set.on_run();
        f.want("a", 0);
        f.send();
        f.unwant("a");
        if (left)
            f.advance(f.linger);
        CHECK(f.settle().empty());
        f.advance(f.linger);
        CHECK(f.settle().empty());
        CHECK(f.done.take() == completed{{0, {errc::closed}}});
    }
}

TEST_CASE("a subscription that is refused first and confirmed then is active, and can be left") {
    subscribing f;
    f.redis.forbidden = {"a"};
    f.set.on_run();
    f.want("a", 0);
    f.send();
    f.unwant("a");
    f.advance(f.linger);
    f.send();
    f.redis.forbidden.clear();
    f.want("a", 1);
    f.settle();
    CHECK(f.redis.channels == names{"a"});
    f.want("a", 2);
    CHECK(!f.set.has_output());
    f.unwant("a");
    f.advance(f.linger);
    f.settle();
    CHECK(f.redis.channels.empty());
}
