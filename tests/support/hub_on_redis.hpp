// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/testing/run_until.hpp>
#include <hubbub/transport/redis.hpp>
#include <hubbub/transport/sequenced.hpp>

#include "support/hub_server.hpp"
#include "support/redis_peer.hpp"

#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

/// Three servers of a hub on a Redis of the test's own, which ends and comes back as the test says.
namespace hub_on_redis {

using client = hub_client<>;

/// A server of the hub, on numbered messages over Redis.
struct node : hub_server<> {
    node(asio::io_context& io, hubbub::redis::options const& at, hubbub::hub_options const& o)
        : hub_server(hubbub::any_transport(hubbub::sequenced(hubbub::redis_transport(io, at))), o) {
        bus.set_observer([this](hubbub::event const& e) {
            if (auto const* const g = std::get_if<hubbub::gap>(&e); g && g->topic == "hub/all")
                missed += g->last - g->first + 1;
            times_whole += std::holds_alternative<hubbub::link_up>(e) ? 1 : 0;
            retries += std::holds_alternative<hubbub::link_retry>(e) ? 1 : 0;
        });
        hub->on_disconnected([this](auto const&, auto const&) { ++ended; });
    }

    std::uint64_t missed = 0; // of what was sent to all
    int times_whole = 0;
    int retries = 0;
    int ended = 0;
};

struct setting {
    hubbub::hub_options hub = {};
    hubbub::message_limits limits = {};
    bool starts_without_redis = false;
};

struct stage : hub_stage<> {
    stage() : stage(setting{}) {}
    explicit stage(setting const& given) {
        if (given.starts_without_redis)
            server.kill();
        for (auto const* const name : {"left", "middle", "right"}) {
            auto at = options_for(server);
            at.client_name = name;
            at.limits = given.limits;
            at.gives_up_on = [](std::error_code) { return false; }; // see cut_off
            nodes.emplace_back(context, at, given.hub);
        }
    }

    asio::io_context& io() override { return context; }

    client& connect(node& at) { return let_in(at.enter()); }
    void connect_one_each() {
        for (auto& each : nodes)
            connect(each);
    }
    bool all_have(std::string const& text) const {
        return std::all_of(nodes.begin(), nodes.end(), [&](node const& each) {
            return std::all_of(each.clients.begin(), each.clients.end(),
                               [&](client const& c) { return c.has(text); });
        });
    }
    /// Runs until every client of every server was told this.
    void tell_all(node& by, std::string const& text) {
        CHECK(!by.send(text));
        run_until([&] { return all_have(text); }, text);
    }

    void kill_redis() {
        server.kill();
        run_until_each([](node& n) { return n.bus.state() == hubbub::link_state::down; });
    }

    /// Starts it again, and has it take no publish before all servers listen, and this holds: what
    /// waited in one of them is not lost for another that comes back later.
    void start_redis() {
        start_redis([] { return true; });
    }
    void start_redis(auto condition) {
        std::vector<int> before;
        for (auto const& each : nodes)
            before.push_back(each.times_whole);
        server.start();
        auto admin = server.connect();
        admin.command({"CLIENT", "PAUSE", "60000", "WRITE"});
        for (std::size_t i = 0; i < nodes.size(); ++i)
            run_until([&] { return nodes[i].times_whole > before[i]; }, "a link that is whole");
        run_until([&] { return listeners(admin) == nodes.size() && condition(); }, "all to listen");
        admin.command({"CLIENT", "UNPAUSE"});
    }

    /// How many servers would get what is sent to all.
    static std::size_t listeners(redis_client& admin) {
        return std::stoul(admin.list({"PUBSUB", "NUMSUB", "hub/all"}).at(1));
    }

    void run_until_each(auto condition) {
        for (auto& each : nodes)
            run_until([&] { return condition(each); }, "each server to be so");
    }

    redis_server server;
    asio::io_context context;
    std::deque<node> nodes;
    node& left() { return nodes[0]; }
    node& middle() { return nodes[1]; }
    node& right() { return nodes[2]; }
};

/// Redis ends what this server receives by, and lets no client in again.
inline void cut_off(redis_client& admin, std::string const& server) {
    admin.command({"CONFIG", "SET", "requirepass", "unknown to all"});
    std::istringstream list(admin.command({"CLIENT", "LIST", "TYPE", "pubsub"}));
    for (std::string line; std::getline(list, line);)
        if (line.find("name=" + server + " ") != std::string::npos) {
            auto const id = line.substr(3, line.find(' ') - 3); // "id=7 addr=..."
            CHECK(admin.command({"CLIENT", "KILL", "ID", id}) == "1");
            return;
        }
    FAIL("there is no such server");
}

inline void let_in(redis_client& admin) {
    admin.command({"CONFIG", "SET", "requirepass", ""});
}

} // namespace hub_on_redis
