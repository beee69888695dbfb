// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/bus.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/hub/presence.hpp>
#include <hubbub/hub/servers.hpp>
#include <hubbub/serializer/json.hpp>
#include <hubbub/testing/run_until.hpp>
#include <hubbub/transport/any.hpp>

#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

// The server, the client and the stage of all the hub's tests: on Redis, on the local bus, behind links
// that are cut, in real time and in time of the test's own.

/// What most tests of the hub run on. It takes every transport, so that the hub is compiled once.
using hub_bus = hubbub::bus<hubbub::any_transport, hubbub::json_serializer>;

using lines = std::vector<std::string>;

template <>
struct doctest::StringMaker<lines> {
    static String convert(lines const& all) {
        std::string text;
        for (auto const& line : all)
            text += (text.empty() ? "" : " | ") + line;
        return text.c_str();
    }
};

/// A client that remembers what it was told, and answers.
template <class Bus = hub_bus>
struct hub_client {
    using bus_type = Bus;

    hub_client() {
        methods.on("tell", [this](std::string text) { told.push_back(std::move(text)); });
        methods.on("answer", [] { return 42; });
    }

    std::string const& id() const { return connection.id(); }

    bool has(std::string const& text) const {
        return std::find(told.begin(), told.end(), text) != told.end();
    }

    lines told;
    /// How the attempt to connect has ended.
    std::optional<std::error_code> connected;
    hubbub::client_methods<Bus> methods;
    hubbub::connection<Bus> connection;
};

/// One process: a transport, a bus, a hub.
template <class Bus = hub_bus>
struct hub_server {
    using bus_type = Bus;
    using transport_type = typename Bus::transport_type;

    hub_server(transport_type on, hubbub::hub_options const& options)
        : transport(std::move(on)), bus(*transport),
          hub(std::make_unique<hubbub::hub<Bus>>(bus, options)) {}

    /// Begins to connect a client.
    void enter(hub_client<Bus>& c, std::string user = {}) {
        hub->async_connect(std::move(user), c.methods, [&c](std::error_code error, auto made) {
            c.connection = std::move(made);
            c.connected = error;
        });
    }

    /// Begins to connect a client of its own.
    hub_client<Bus>& enter(std::string user = {}) {
        auto& c = clients.emplace_back();
        enter(c, std::move(user));
        return c;
    }

    std::error_code send(std::string const& text) const {
        return hub->clients().all().send("tell", text);
    }

    std::optional<transport_type> transport;
    Bus bus;
    std::deque<hub_client<Bus>> clients;
    std::unique_ptr<hubbub::hub<Bus>> hub;
};

/// Servers of one hub, whose operations a case awaits.
template <class Bus = hub_bus>
struct hub_stage {
    using bus_type = Bus;

    hub_stage() = default;
    hub_stage(hub_stage const&) = delete;
    hub_stage& operator=(hub_stage const&) = delete;
    virtual ~hub_stage() = default;

    virtual asio::io_context& io() = 0;

    void run_until(auto condition, std::string_view awaited) {
        hubbub::testing::run_until(io(), condition, awaited);
    }

    /// Runs until an operation that is begun with a handler has completed; its result.
    std::error_code complete(auto begin) {
        std::optional<std::error_code> outcome;
        begin([&](std::error_code error) { outcome = error; });
        run_until([&] { return outcome.has_value(); }, "an operation to complete");
        return *outcome;
    }

    /// Runs until a client that has begun to connect is let in.
    hub_client<Bus>& let_in(hub_client<Bus>& c) {
        run_until([&] { return c.connected.has_value(); }, "a client to be let in");
        REQUIRE(*c.connected == std::error_code{});
        return c;
    }

    std::error_code add(hub_server<Bus>& at, std::string const& id, std::string_view group) {
        return complete([&](auto done) { at.hub->async_add_to_group(id, group, done); });
    }

    std::error_code remove(hub_server<Bus>& at, std::string const& id, std::string_view group) {
        return complete([&](auto done) { at.hub->async_remove_from_group(id, group, done); });
    }
};
