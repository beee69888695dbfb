// SPDX-License-Identifier: MIT
#pragma once

#include "support/cluster_stage.hpp"

#include <hubbub/hub/frames/frame.hpp>
#include <hubbub/hub/options.hpp>
#include <hubbub/hub/rpc/rpc.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace support {

/// The server "s" with what it asks of others and is asked: the test is the others.
struct rpc_stage : cluster_stage {
    explicit rpc_stage(hubbub::hub_options const& options = {})
        : cluster_stage(options),
          asked(std::make_shared<detail::rpc>(bus, topics, options, here, others, hooks)) {
        here->open({});
    }
    ~rpc_stage() { close(); }

    /// As the hub does.
    void close() {
        others->close();
        asked->close();
        here->close();
    }

    /// A beacon of a server comes, and those concerned hear of it.
    void hear(std::string const& server, detail::beacon_reason why) {
        auto const changed = others->heard({server, why, 0, false});
        if (changed.stale)
            return;
        asked->on_heard(server, changed);
        asked->ask_again(server);
        run();
    }

    /// So many of its own beacons come, by which it counts time.
    void beat(int times) {
        for (int i = 0; i < times; ++i)
            hear("s", detail::beacon_reason::here);
    }

    /// What was sent to this server since this was asked last.
    std::vector<detail::server_message> sent_to(std::string const& server) {
        std::vector<detail::server_message> all;
        for (auto const& m : transport.take_published())
            if (auto const* const what = m.as<detail::server_message>();
                what != nullptr && m.topic == topics.control(server))
                all.push_back(*what);
        return all;
    }

    /// The other server answers.
    void answer(std::uint64_t request, detail::answer given) {
        asked->on_message(detail::frame_of(request, std::move(given)));
        run();
    }

    std::shared_ptr<detail::rpc> asked;
};

} // namespace support
