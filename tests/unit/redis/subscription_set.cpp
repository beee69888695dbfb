// SPDX-License-Identifier: MIT
#include <hubbub/redis/subscription_set.hpp>

#include "support/subscribing.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <set>
#include <string>
#include <string_view>
#include <vector>

using namespace std::chrono_literals;
using namespace std::string_view_literals;
using hubbub::errc;
using hubbub::pattern;
using hubbub::redis_errc;
using support::ok;
using support::subscribing;
using completed = subscribing::completed;
using names = std::set<std::string>;
using commands = std::vector<std::vector<std::string>>;

constexpr auto forever = hubbub::redis::time_point::max();

TEST_CASE("what is wanted before there is a link is asked for when it is up") {
    subscribing f;
    f.want("a", 0);
    f.want(pattern{"b*"}, 1);
    CHECK(!f.set.has_output());

    f.set.on_run();
    CHECK(f.done.take().empty());
    f.settle();
    CHECK(f.redis.channels == names{"a"});
    CHECK(f.redis.patterns == names{"b*"});
    CHECK(f.done.take() == completed{{0, {ok}}, {1, {ok}}});
}

TEST_CASE("a want completes with Redis's confirmation, in the order asked") {
    subscribing f;
    f.set.on_run();
    f.want("a", 0);
    f.want("b", 1);
    f.send();
    CHECK(f.done.take().empty());
    CHECK(!f.answer().error);
    CHECK(f.done.take() == completed{{0, {ok}}});
    CHECK(!f.answer().error);
    CHECK(f.done.take() == completed{{1, {ok}}});
}

TEST_CASE("a name is asked for once, however many want it") {
    subscribing f;
    f.want("a", 0);
    f.set.on_run();
    f.want("a", 1); // not sent yet
    f.send();
    f.want("a", 2); // not answered yet
    f.settle();
    f.want("a", 3); // active
    CHECK(!f.set.has_output());
    CHECK(f.redis.commands == commands{{"subscribe", "a"}});
    CHECK(f.done.take() == completed{{0, {ok}}, {1, {ok}}, {2, {ok}}, {3, {ok}}});
}

TEST_CASE("a want without a completion is a want") {
    subscribing f;
    f.set.want("a", {});
    f.set.on_run();
    f.set.want("a", {});
    f.settle();
    CHECK(f.redis.channels == names{"a"});
    f.set.want("a", {});
    CHECK(!f.set.has_output());
}

TEST_CASE("a channel and a pattern of the same text are two things") {
    subscribing f;
    f.set.on_run();
    f.want("x*", 0);
    f.want(pattern{"x*"}, 1);
    f.settle();
    CHECK(f.redis.channels == names{"x*"});
    CHECK(f.redis.patterns == names{"x*"});
    f.unwant("x*");
    f.advance(f.linger);
    f.settle();
    CHECK(f.redis.channels.empty());
    CHECK(f.redis.patterns == names{"x*"});
}

TEST_CASE("names go to Redis and come back byte for byte") {
    subscribing f;
    f.set.on_run();
    auto const name = "a\0\r\n $1*"sv;
    f.want(name, 0);
    f.want(std::string(4096, 'n'), 1);
    f.settle();
    CHECK(f.redis.channels == names{std::string(name), std::string(4096, 'n')});
    CHECK(f.done.take() == completed{{0, {ok}}, {1, {ok}}});
}

TEST_CASE("names go in batches of up to 512, and each is asked for once") {
    subscribing f;
    names all;
    for (int i = 0; i < 1300; ++i) {
        all.insert("topic." + std::to_string(i));
        f.want("topic." + std::to_string(i), i);
    }
    f.want(pattern{"p*"}, 1300);
    f.set.on_run();
    f.settle();
    CHECK(f.redis.channels == all);
    CHECK(f.done.take().size() == 1301);
    REQUIRE(f.redis.commands.size() == 4);
    CHECK(f.redis.commands[0].size() == 1 + 512);
    CHECK(f.redis.commands[1].size() == 1 + 512);
    CHECK(f.redis.commands[2].size() == 1 + 276);
    CHECK(f.redis.commands[3] == std::vector<std::string>{"psubscribe", "p*"});

    f.redis.commands.clear();
    for (auto const& name : all)
        f.unwant(name);
    f.advance(f.linger);
    f.settle();
    CHECK(f.redis.channels.empty());
    CHECK(f.redis.commands.size() == 3);
}

TEST_CASE("commands keep the order of what was asked") {
    subscribing f;
    f.set.on_run();
    f.want("a", 0);
    f.want(pattern{"p"}, 1);
    f.set.push_ping();
    f.want("b", 2);
    f.want("c", 3);
    f.send();
    CHECK(f.redis.commands ==
          commands{{"subscribe", "a"}, {"psubscribe", "p"}, {"ping"}, {"subscribe", "b", "c"}});
}

TEST_CASE("unwant completes who waits as closed, and does so once") {
    subscribing f;
    f.want("idle", 0);
    f.unwant("idle");
    f.set.on_run();
    f.want("asked", 1);
    f.want("asked", 2);
    f.unwant("asked");
    f.send();
    f.want("sent", 3);
    f.send();
    f.unwant("sent");
    CHECK(f.done.take() ==
          completed{
              {0, {errc::closed}}, {1, {errc::closed}}, {2, {errc::closed}}, {3, {errc::closed}}});
    f.settle();
    f.advance(f.linger);
    f.settle();
    CHECK(f.done.take().empty());
    CHECK(f.redis.channels.empty());
}

TEST_CASE("what was never wanted, or is not any more, cannot be unwanted") {
    subscribing f;
    f.set.on_run();
    f.unwant("never");
    f.want("a", 0);
    f.settle();
    f.unwant("a");
    auto const end = f.set.deadline();
    f.now += 10ms;
    f.unwant("a");
    CHECK(f.set.deadline() == end);
}

TEST_CASE("a channel nobody wants any more is left when it has lingered") {
    subscribing f;
    f.set.on_run();
    f.want("a", 0);
    f.want(pattern{"p*"}, 1);
    f.settle();
    CHECK(f.set.deadline() == forever);

    f.unwant("a");
    auto const end = f.now + f.linger;
    CHECK(f.set.deadline() == end);
    f.advance(f.linger - 1ms);
    CHECK(!f.set.has_output());
    f.unwant(pattern{"p*"});
    f.advance(1ms);
    CHECK(f.now == end);
    f.settle();
    CHECK(f.redis.channels.empty());
    CHECK(f.redis.patterns == names{"p*"});
    f.advance(f.linger);
    f.settle();
    CHECK(f.redis.patterns.empty());
    CHECK(f.set.deadline() == forever);
    CHECK(f.redis.commands.back() == std::vector<std::string>{"punsubscribe", "p*"});
}

TEST_CASE("who comes back while it lingers is served at once, and Redis is told nothing") {
    subscribing f;
    f.set.on_run();
    f.want("a", 0);
    f.settle();
    for (int i = 1; i <= 5; ++i) {
        f.unwant("a");
        f.advance(f.linger - 1ms);
        f.want("a", i);
        f.done.take();
        CHECK(!f.set.has_output());
    }
    f.advance(10 * f.linger);
    CHECK(f.redis.commands.size() == 1);
    CHECK(!f.set.has_output());
    CHECK(f.set.deadline() == forever);
}

TEST_CASE("one that comes and goes does not keep the others lingering") {
    subscribing f;
    f.set.on_run();
    f.want("restless", 0);
    f.want("quiet", 1);
    f.settle();
    f.unwant("restless");
    f.unwant("quiet");
    auto const end = f.now + f.linger;
    while (f.now < end) {
        f.want("restless", 2);
        f.unwant("restless");
        f.advance(100ms);
    }
    f.settle();
    CHECK(f.redis.channels == names{"restless"});
    f.advance(f.linger);
    f.settle();
    CHECK(f.redis.channels.empty());
    CHECK(f.set.deadline() == forever);
}

TEST_CASE("without linger it is left with the next tick") {
    subscribing f;
    f.set = hubbub::redis::subscription_set(0ms);
    f.set.on_run();
    f.want("a", 0);
    f.unwant("a"); // neither sent nor answered
    CHECK(f.set.deadline() == f.now);
    f.advance(0ms);
    f.settle();
    CHECK(f.redis.commands == commands{{"subscribe", "a"}, {"unsubscribe", "a"}});
    CHECK(f.redis.channels.empty());
}

TEST_CASE("who comes back while it is being left is subscribed again") {
    for (bool const sent : {false, true}) {
        CAPTURE(sent);
        subscribing f;
        f.set.on_run();
        f.want("a", 0);
        f.settle();
        f.unwant("a");
        f.advance(f.linger);
        if (sent)
            f.send();
        f.done.take();
        f.want("a", 1);
        f.send();
        CHECK(!f.answer().error); // to UNSUBSCRIBE
        CHECK(f.done.take().empty());
        CHECK(!f.answer().error);
        CHECK(f.done.take() == completed{{1, {ok}}});
        CHECK(f.redis.channels == names{"a"});
        f.advance(10 * f.linger);
        f.settle();
        CHECK(f.redis.channels == names{"a"});
    }
}

TEST_CASE("a want is not active by the answer to a subscription that is left before it") {
    subscribing f;
    f.set.on_run();
    f.want("a", 0);
    f.send(); // and the answer is slow
    f.unwant("a");
    f.advance(f.linger);
    f.done.take();
    f.send();
    f.want("a", 1);
    CHECK(!f.answer().error); // to the first SUBSCRIBE
    CHECK(!f.redis.channels.contains("a"));
    CHECK(f.done.take().empty());
    f.settle();
    CHECK(f.redis.channels == names{"a"});
    CHECK(f.done.take() == completed{{1, {ok}}});
}

TEST_CASE("it is whole once after each reconnect, when all that is wanted is answered") {
    subscribing f;
    f.want("a", 0);
    f.want(pattern{"p"}, 1);
    CHECK(!f.set.became_whole());
    for (int generation = 0; generation < 3; ++generation) {
        f.set.on_run();
        CHECK(!f.set.became_whole());
        f.send();
        CHECK(!f.set.became_whole());
        f.answer();
        CHECK(!f.set.became_whole());
        f.answer();
        CHECK(f.set.became_whole());
        CHECK(!f.set.became_whole());
        f.want("more", 2);
        f.settle();
        CHECK(!f.set.became_whole());
        f.unwant("more");
        f.down();
        CHECK(!f.set.became_whole());
    }
}

TEST_CASE("who goes on subscribing does not keep it from being whole") {
    subscribing f;
    for (int i = 0; i < 600; ++i)
        f.set.want("t" + std::to_string(i), {});
    f.set.on_run();
    f.send();
    for (int i = 0; i < 599; ++i) {
        CHECK(!f.answer().error);
        CHECK(!f.set.became_whole());
        f.set.want("new" + std::to_string(i), {});
        f.send();
    }
    CHECK(!f.answer().error);
    CHECK(f.set.became_whole());
}

TEST_CASE("with nothing wanted it is whole as soon as the link is up") {
    subscribing f;
    CHECK(!f.set.became_whole());
    f.set.on_run();
    CHECK(f.set.became_whole());
    f.down();
    CHECK(!f.set.became_whole());
    f.set.on_run();
    CHECK(f.set.became_whole());
}

TEST_CASE("close ends all that waits, and nothing is wanted any more") {
    subscribing f;
    f.want("a", 0);
    f.set.on_run();
    f.settle();
    f.want("asked", 1);
    f.send();
    f.want("not sent", 2);
    f.want(pattern{"p"}, 3);
    f.want("left", 4);
    f.unwant("left");
    f.done.take();
    f.set.close(redis_errc::permission_denied);
    auto ended = f.done.take();
    CHECK(ended.size() == 3);
    for (auto const& [id, results] : ended)
        CHECK(std::get<0>(results) == redis_errc::permission_denied);
    CHECK(!f.set.has_output());
    CHECK(f.set.deadline() == forever);
    f.set.close(errc::closed);
    CHECK(f.done.take().empty());
}
