// SPDX-License-Identifier: MIT
// What is lost while Redis does not allow a channel, when everybody has long been silent.
#include "support/redis_server.hpp"

#include <hubbub/bus.hpp>
#include <hubbub/serializer/text.hpp>
#include <hubbub/testing/run_until.hpp>
#include <hubbub/transport/redis.hpp>
#include <hubbub/transport/redis_options.hpp>
#include <hubbub/transport/sequenced.hpp>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <system_error>
#include <variant>
#include <vector>

namespace redis_permission_test {

using namespace std::chrono_literals;
using hubbub::testing::run_until;
using strings = std::vector<std::string>;

namespace {

using numbered = hubbub::sequenced<hubbub::redis_transport>;

/// One server, whose topics soon fall dormant.
struct server {
    server(asio::io_context& io, redis_server const& redis, char const* user)
        : transport(hubbub::redis_transport(io, options(redis, user)),
                    {.beacon_interval = 10ms, .beacon_cap = 20ms, .dormant_after = 100ms}),
          bus(transport) {
        bus.set_observer([this](hubbub::event const& e) { std::visit(*this, e); });
    }

    static hubbub::redis::options options(redis_server const& redis, char const* user) {
        hubbub::redis::options o;
        o.host = "127.0.0.1";
        o.port = redis.port();
        o.user = user;
        o.password = "secret";
        o.reconnect_base = 10ms;
        o.reconnect_cap = 100ms;
        return o;
    }

    void operator()(hubbub::gap const& g) {
        gaps.push_back(std::to_string(g.first) + "-" + std::to_string(g.last));
    }
    void operator()(hubbub::subscription_refused const& e) { refused.push_back(e.name); }
    void operator()(hubbub::subscription_restored const& e) { restored.push_back(e.name); }
    void operator()(hubbub::publish_refused const&) { ++publishes_refused; }
    void operator()(auto const&) {}

    numbered transport;
    hubbub::bus<numbered, hubbub::text_serializer> bus;
    strings gaps;
    strings refused;
    strings restored;
    int publishes_refused = 0;
};

/// Until each topic is dormant, and nothing is sent any more.
void be_silent(asio::io_context& io) {
    asio::steady_timer silence(io, 500ms);
    bool over = false;
    silence.async_wait([&](std::error_code /*none*/) { over = true; });
    run_until(io, [&] { return over; }, "a long silence");
}

} // namespace

TEST_CASE(
    "what is lost while a channel is not allowed is told when it is, though nothing follows") {
    redis_server const redis;
    auto const allow = [&](char const* user, char const* channels) {
        redis.command("ACL", "SETUSER", user, "resetchannels", channels);
    };
    for (auto const* const user : {"sender", "receiver"})
        redis.command("ACL", "SETUSER", user, "on", ">secret", "+@all", "allchannels");
    asio::io_context io;
    server sender(io, redis, "sender");
    server receiver(io, redis, "receiver");
    strings seen;
    auto const s =
        receiver.bus.subscribe<std::string>("t", [&](auto const& m) { seen.push_back(m); });
    run_until(
        io,
        [&] {
            return sender.bus.state() == hubbub::link_state::whole &&
                   receiver.bus.state() == hubbub::link_state::whole;
        },
        "two links");
    CHECK(!sender.bus.publish("t", "1"));
    run_until(io, [&] { return seen.size() == 1; }, "the first message");

    SUBCASE("to the receiver") {
        allow("receiver", "&hubbub.*");
        run_until(io, [&] { return receiver.refused == strings{"t"}; }, "a refusal");
        CHECK(!sender.bus.publish("t", "2"));
        be_silent(io);
        CHECK(receiver.gaps.empty());
        allow("receiver", "allchannels");
        run_until(io, [&] { return !receiver.gaps.empty(); }, "a gap");
        CHECK(receiver.restored == strings{"t"});
    }
    SUBCASE("to the publisher") {
        allow("sender", "&hubbub.*");
        run_until(
            io, [&] { return sender.bus.state() == hubbub::link_state::whole; }, "a link again");
        CHECK(!sender.bus.publish("t", "2"));
        run_until(io, [&] { return sender.publishes_refused > 0; }, "a refusal");
        be_silent(io);
        CHECK(receiver.gaps.empty());
        allow("sender", "allchannels");
        run_until(io, [&] { return !receiver.gaps.empty(); }, "a gap");
    }
    CHECK(receiver.gaps == strings{"2-2"});
    CHECK(seen == strings{"1"});
}

} // namespace redis_permission_test
