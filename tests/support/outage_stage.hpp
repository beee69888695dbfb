// SPDX-License-Identifier: MIT
#pragma once

#include "support/timed_backplane.hpp"

#include <hubbub/testing/faulty.hpp>
#include <hubbub/transport/sequenced.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

// Two or three servers of one hub, each behind a link that the test cuts, in time that it owns.

using error_list = std::vector<std::error_code>;
using outage_link = hubbub::testing::faulty<hubbub::any_transport>;
using outage_client = hub_client<>;

/// What a server is behind: a link that the test cuts.
struct outage_wire {
    outage_wire(timed_backplane& backplane, hubbub::testing::faults const& f, bool cut_at_the_start)
        : wire(backplane.make()), link(*wire, f) {
        if (cut_at_the_start)
            link.cut();
    }

    std::optional<hubbub::any_transport> wire;
    outage_link link;
};

struct outage_server : outage_wire, hub_server<> {
    outage_server(timed_backplane& backplane, hubbub::hub_options const& options,
                  hubbub::testing::faults const& f, bool cut_at_the_start)
        : outage_wire(backplane, f, cut_at_the_start),
          hub_server(hubbub::any_transport(hubbub::sequenced(link)), options) {
        bus.set_observer([this](hubbub::event const& e) {
            if (auto const* const g = std::get_if<hubbub::gap>(&e))
                gaps.push_back(std::string(g->topic) + " " +
                               std::to_string(g->last - g->first + 1));
        });
        hub->on_disconnected([this](auto const&, auto const&) { ++closed; });
    }

    lines gaps;
    unsigned closed = 0;
};

struct outage {
    struct setting {
        hubbub::hub_options hub = {};
        hubbub::testing::faults link = {};
        bool cut_at_the_start = false;
    };

    outage() : outage(setting{}) {}
    explicit outage(setting const& s) : outage(s, next_setting<json_setup>()) {}
    outage(setting const& s, hub_setting const& on)
        : time(on), left(time, s.hub, s.link, s.cut_at_the_start) {
        if (on.servers == 3)
            add(middle, s);
        add(right, s);
        time.run_for(std::chrono::milliseconds(100));
        if (!on.counts_receivers) // then they have met after two beacons
            time.run_for(2 * s.hub.beacon_interval);
    }

    /// A server whose link is without faults.
    void add(std::optional<outage_server>& place, setting const& s) {
        place.emplace(time, s.hub, hubbub::testing::faults{}, false);
    }

    outage_client& connect(outage_server& at) {
        auto& c = at.enter();
        time.run_for(std::chrono::milliseconds(100));
        CHECK(c.connected == std::error_code{});
        return c;
    }

    /// The ids of all but the left server.
    lines others() const {
        lines ids;
        for (auto const* const each : {&middle, &right})
            if (*each)
                ids.push_back((*each)->hub->server_id());
        std::sort(ids.begin(), ids.end());
        return ids;
    }

    /// Nobody hears of the right server any more, nor it of anybody.
    void kill_right() { right->wire->close(); }

    static std::error_code send(outage_server& by, std::string const& text) {
        return by.send(text);
    }

    /// Asks for a client's answer, a change of its groups and who is there, all of the right server.
    void ask(std::string const& client) {
        left.hub->clients().client(client).template async_invoke<hubbub::outcome<int>>(
            "answer", [this](hubbub::outcome<int> given) { ended.push_back(given.error()); });
        left.hub->async_add_to_group(client, "lobby",
                                     [this](std::error_code error) { ended.push_back(error); });
        left.hub->async_remove_from_group(
            client, "lobby", [this](std::error_code error) { ended.push_back(error); });
        left.hub->presence().async_count(
            [this](std::error_code, hubbub::server_results<std::uint64_t> all) {
                counted = std::move(all);
                std::sort(counted->missing.begin(), counted->missing.end());
            });
    }

    timed_backplane time;
    error_list ended;
    std::optional<hubbub::server_results<std::uint64_t>> counted;
    outage_server left;
    std::optional<outage_server> middle; // of three
    std::optional<outage_server> right;
};

/// For a case about what the counts of receivers tell a hub, or one that asks for them itself.
struct counted_outage : outage {
    counted_outage() : counted_outage(setting{}) {}
    explicit counted_outage(setting const& s) : outage(s, next_setting<counted_setup>()) {}
};
