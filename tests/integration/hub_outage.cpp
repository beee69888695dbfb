// SPDX-License-Identifier: MIT
// A hub on a Redis that is killed and started again: the failure matrix of docs/signalr.md, in earnest.
#include <hubbub/bus.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>
#include <hubbub/testing/run_until.hpp>
#include <hubbub/transport/any.hpp>
#include <hubbub/transport/redis.hpp>
#include <hubbub/transport/sequenced.hpp>

#include "support/redis_peer.hpp"

#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

namespace hub_outage_test {
namespace {

using namespace std::chrono_literals;
using bus_type = hubbub::bus<hubbub::any_transport, hubbub::json_serializer>;
using lines = std::vector<std::string>;
using hubbub::delivery_order;

struct client {
    bool has(std::string const& text) const {
        return std::find(told.begin(), told.end(), text) != told.end();
    }

    hubbub::client_methods<bus_type> methods;
    hubbub::connection<bus_type> connection;
    std::optional<std::error_code> connected;
    lines told;
};

/// A server of the hub, on numbered messages over Redis.
struct node {
    node(asio::io_context& io, redis_server const& server, hubbub::hub_options const& o)
        : transport(std::make_unique<hubbub::sequenced<hubbub::redis_transport>>(
              io.get_executor(), options_for(server))),
          bus(transport), hub(bus, o) {
        bus.on_event([this](hubbub::event const& e) {
            if (auto const* const g = std::get_if<hubbub::gap>(&e))
                missed += g->last - g->first + 1;
            times_whole += std::holds_alternative<hubbub::link_whole>(e) ? 1 : 0;
        });
        hub.on_disconnected([this](auto const&, auto const&) { ++ended; });
    }

    client& enter() {
        auto& c = clients.emplace_back();
        c.methods.on("tell", [&c](std::string text) { c.told.push_back(std::move(text)); });
        hub.async_connect({}, c.methods, [&c](std::error_code error, auto made) {
            c.connection = std::move(made);
            c.connected = error;
        });
        return c;
    }

    std::error_code send(std::string const& text) { return hub.clients().all().send("tell", text); }

    hubbub::any_transport transport;
    bus_type bus;
    std::deque<client> clients;
    hubbub::hub<bus_type> hub;
    std::uint64_t missed = 0;
    int times_whole = 0;
    int ended = 0;
};

struct stage {
    explicit stage(hubbub::hub_options const& o) : options(o) {}

    void run_until(auto condition, std::string_view awaited) {
        hubbub::testing::run_until(io, condition, awaited);
    }
    client& connect(node& at) {
        auto& c = at.enter();
        run_until([&] { return c.connected.has_value(); }, "a client to be let in");
        CHECK(*c.connected == std::error_code{});
        return c;
    }
    void kill_redis() {
        server.kill();
        run_until(
            [&] {
                return left.bus.state() == hubbub::link_state::down &&
                       right.bus.state() == hubbub::link_state::down;
            },
            "both to notice");
    }
    void start_redis() {
        auto const before = std::pair(left.times_whole, right.times_whole);
        server.start();
        run_until(
            [&] { return left.times_whole > before.first && right.times_whole > before.second; },
            "both to be there again");
    }

    hubbub::hub_options options;
    redis_server server;
    asio::io_context io;
    node left{io, server, options};
    node right{io, server, options};
};

} // namespace

TEST_CASE("while its Redis is away nobody is closed, and what others did not get is told") {
    for (auto const order : {delivery_order::local_first, delivery_order::via_backplane}) {
        CAPTURE(static_cast<int>(order));
        stage s({.order = order});
        auto& ada = s.connect(s.left);
        auto& bob = s.connect(s.left);
        auto& eve = s.connect(s.right);
        CHECK(!s.left.send("before"));
        s.run_until([&] { return bob.has("before") && eve.has("before"); }, "the first call");

        s.kill_redis();
        CHECK(!s.left.send("meanwhile"));
        if (order == delivery_order::local_first)
            s.run_until([&] { return ada.has("meanwhile") && bob.has("meanwhile"); },
                        "the members of the same server");
        CHECK(!eve.has("meanwhile"));
        s.start_redis();
        s.run_until([&] { return eve.has("meanwhile") || s.right.missed > 0; },
                    "the call that waited, or a gap");
        CHECK(!s.left.send("after"));
        s.run_until([&] { return ada.has("after") && bob.has("after") && eve.has("after"); },
                    "all to be told again");
        for (auto const* const c : {&ada, &bob, &eve})
            CHECK(c->connection.connected());
        CHECK(s.left.ended + s.right.ended == 0);
    }
}

TEST_CASE("who comes while the hub's Redis is away is let in when it is there") {
    stage s({});
    s.connect(s.left);
    s.kill_redis();
    auto& eve = s.right.enter();
    s.start_redis();
    s.run_until([&] { return eve.connected.has_value(); }, "the client to be let in");
    CHECK(*eve.connected == std::error_code{});
    CHECK(!s.left.send("welcome"));
    s.run_until([&] { return eve.has("welcome"); }, "the first call");
}

TEST_CASE("what is asked of another server while the hub's Redis is away ends in time") {
    stage s({.request_timeout = 300ms});
    auto& ada = s.connect(s.left);
    auto& eve = s.connect(s.right);
    s.kill_redis();
    std::vector<std::error_code> ends;
    auto const keep = [&](std::error_code error) { ends.push_back(error); };
    s.left.hub.async_add_to_group(eve.connection.id(), "lobby", keep);
    s.left.hub.clients()
        .client(eve.connection.id())
        .async_invoke("ask", [&](hubbub::outcome<void> o) { keep(o.error()); });
    s.run_until([&] { return ends.size() == 2; }, "both to end");
    CHECK(ends == std::vector<std::error_code>(2, hubbub::errc::timed_out));
    std::optional<std::error_code> own;
    s.left.hub.async_add_to_group(ada.connection.id(), "garden",
                                  [&](std::error_code error) { own = error; });
    s.start_redis();
    s.run_until([&] { return own.has_value(); }, "a change that needed no other server");
    CHECK(*own == std::error_code{});
}

} // namespace hub_outage_test
