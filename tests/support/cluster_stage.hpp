// SPDX-License-Identifier: MIT
#pragma once

#include "support/members_stage.hpp"

#include <hubbub/hub/cluster/cluster.hpp>
#include <hubbub/hub/frames/frame.hpp>
#include <hubbub/hub/options.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace support {

/// The cluster as the server "s" sees it: the test hears beacons in the other servers' place.
struct cluster_stage : members_stage {
    explicit cluster_stage(hubbub::hub_options const& options = {})
        : members_stage(options),
          others(std::make_shared<detail::cluster>(bus, topics, options, here)),
          link(bus.observe([this](hubbub::event const& e) { others->on_link(e); })) {}
    ~cluster_stage() { others->close(); }

    /// A beacon of a server comes.
    detail::cluster::news hear(std::string const& server, detail::beacon_reason why,
                               bool watches = false) {
        return others->heard({server, why, 0, watches});
    }

    /// The beacons that went out since this was asked last, by their names.
    std::vector<std::string> beacons() {
        std::vector<std::string> names;
        for (auto const& m : transport.take_published())
            if (auto const* const b = m.as<detail::server_beacon>())
                names.emplace_back(detail::to_text(b->state));
        return names;
    }

    /// Makes one change, and says how many were published.
    std::size_t published_changes() {
        static_cast<void>(transport.take_published());
        connect("client " + std::to_string(++clients));
        run();
        std::size_t count = 0;
        for (auto const& m : transport.take_published())
            count += m.as<detail::presence_update>() != nullptr ? 1 : 0;
        return count;
    }

    std::shared_ptr<detail::cluster> others;
    std::shared_ptr<void> link;
    int clients = 0;
};

} // namespace support
