// SPDX-License-Identifier: MIT
#pragma once

#include "support/hub_frames.hpp"
#include "support/hub_server.hpp"
#include "support/redis_transports.hpp"
#include "support/transports.hpp"

#include <hubbub/serializer/in_place.hpp>
#include <hubbub/testing/run_until.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>

// Two or three servers of one hub on each kind of bus, and clients on them.

/// What a case runs on. It runs once with each.
struct hub_setting {
    bool on_redis;
    unsigned servers;
    /// Else the transport tells nobody how many servers got a message.
    bool counts_receivers = true;
};

struct named_setting {
    char const* name;
    hub_setting setting;
};

/// Runs play with each setting, for a case with subcases of its own: each of them runs with each.
template <class Setup, class Play>
void on_each_setting(Play play) {
    for (auto const& each : Setup::settings)
        SUBCASE(each.name) {
            play(each.setting);
        }
}

/// The setting with which the case runs now.
template <class Setup>
hub_setting next_setting() {
    hub_setting next{};
    on_each_setting<Setup>([&](hub_setting const& each) { next = each; });
    REQUIRE(next.servers != 0); // else a subcase beside the settings runs now: on_each_setting
    return next;
}

/// The local bus or Redis, as JSON. The hub is compiled once for both.
struct json_setup {
    using transport = hubbub::any_transport;
    using bus = hub_bus;

    static constexpr named_setting settings[] = {
        {"two servers, local bus", {.on_redis = false, .servers = 2}},
        {"three servers, local bus", {.on_redis = false, .servers = 3}},
        {"two servers, local bus that counts nobody",
         {.on_redis = false, .servers = 2, .counts_receivers = false}},
        {"two servers, Redis", {.on_redis = true, .servers = 2}},
        {"three servers, Redis", {.on_redis = true, .servers = 3}},
    };

    explicit json_setup(hub_setting const& setting) {
        if (setting.on_redis)
            fixture.emplace<redis_tcp_fixture>();
        else if (!setting.counts_receivers)
            fixture.emplace<plain_fixture>();
    }

    asio::io_context& io() {
        return std::visit([](auto& f) -> asio::io_context& { return f.io; }, fixture);
    }

    transport make() {
        return std::visit([](auto& f) { return transport(f.make({})); }, fixture);
    }

    std::variant<local_executor_fixture, redis_tcp_fixture, plain_fixture> fixture;
};

/// The same where a case itself asks how many servers get a message.
struct counted_setup : json_setup {
    static constexpr named_setting settings[] = {json_setup::settings[0], json_setup::settings[1],
                                                 json_setup::settings[3], json_setup::settings[4]};
    using json_setup::json_setup;
};

/// Objects as they are, on the publisher's thread.
struct in_place_setup {
    using transport = hubbub::immediate_local_transport;
    using bus = hubbub::bus<transport, hubbub::in_place_serializer>;

    static constexpr named_setting settings[] = {
        {"two servers, in place", {.on_redis = false, .servers = 2}},
        {"three servers, in place", {.on_redis = false, .servers = 3}},
    };

    explicit in_place_setup(hub_setting const& /*setting*/) {}

    asio::io_context& io() { return fixture.io; }
    transport make() { return fixture.make({}); }

    local_immediate_fixture fixture;
};

TYPE_TO_STRING_AS("JSON", json_setup);
TYPE_TO_STRING_AS("in place", in_place_setup);

#define ALL_SETUPS json_setup, in_place_setup

template <class Setup>
using server = hub_server<typename Setup::bus>;
template <class Setup>
using client = hub_client<typename Setup::bus>;

template <class Setup>
struct stage : hub_stage<typename Setup::bus> {
    explicit stage(hubbub::hub_options const& options = defaults())
        : stage(next_setting<Setup>(), options) {}

    stage(hub_setting const& on, hubbub::hub_options options) : setting(on), setup(on) {
        if (!setting.counts_receivers) // then beacons tell what the counts would have told
            options.beacon_interval = std::chrono::milliseconds(10);
        for (unsigned i = 0; i < setting.servers; ++i)
            servers.emplace_back(setup.make(), options);
    }

    /// The end of what is asked of a server that never was.
    hubbub::hub_errc unknown_server() const {
        return setting.counts_receivers ? hubbub::hub_errc::unknown_server
                                        : hubbub::hub_errc::server_lost;
    }

    /// What observers of events refer to has ended before.
    ~stage() override {
        for (auto& each : servers)
            if (each.hub)
                each.hub->set_observer({});
    }

    static hubbub::hub_options defaults() {
        return {.name = "chat", .request_timeout = std::chrono::milliseconds(500)};
    }

    asio::io_context& io() override { return setup.io(); }

    client<Setup>& connect(server<Setup>& at, std::string user = {}) {
        auto& c = clients.emplace_back();
        at.enter(c, std::move(user));
        return this->let_in(c);
    }

    /// Waits until each client was told `last` by all() and by client(), so that what was sent from
    /// `at` before, and has not come, never will.
    void flush(server<Setup>& at) {
        auto const last = "flush " + std::to_string(++flushes);
        std::size_t present = 0;
        for (auto const& c : clients)
            present += c.connection ? 1 : 0;
        REQUIRE(!at.hub->clients().all().send("tell", last));
        for (auto const& c : clients)
            if (c.connection)
                REQUIRE(!at.hub->clients().client(c.id()).send("tell", last));
        this->run_until(
            [&] {
                std::size_t flushed = 0;
                for (auto const& c : clients)
                    flushed += c.connection && std::count(c.told.begin(), c.told.end(), last) == 2;
                return flushed == present;
            },
            "every client to be flushed");
        for (auto& c : clients)
            std::erase(c.told, last);
    }

    /// Has all clients forget what they were told.
    void forget() {
        for (auto& c : clients)
            c.told.clear();
    }

    /// A server "mute" that takes what it is asked, and neither answers nor beacons.
    hubbub::subscription mute_server() {
        using message = hubbub::detail::server_message;
        return right().bus.template subscribe<message>("chat/control/mute", [](message const&) {});
    }

    hub_setting const setting;
    Setup setup;
    std::deque<server<Setup>> servers;
    std::deque<client<Setup>> clients;
    unsigned flushes = 0;

    server<Setup>& left() { return servers.front(); }
    /// A server that is neither the left nor the right one; of two, the right.
    server<Setup>& middle() { return servers[1]; }
    server<Setup>& right() { return servers.back(); }
};
