// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/targets.hpp>

#include <map>

namespace hubbub::detail {

HUBBUB_DECL address_list addresses_of(hub_topics const& topics, name_list const& connections) {
    std::map<std::string_view, frame_names> by_server;
    for (auto const& id : connections)
        by_server[server_of(id)].emplace_back(id);
    address_list all;
    for (auto& [server, ids] : by_server)
        all.push_back({topics.server(server), recipients{.connections = std::move(ids)}});
    return all;
}

HUBBUB_DECL address_list to_several(hub_topics const& topics,
                                    std::optional<frame_names> recipients::* kind,
                                    name_list const& names) {
    if (names.empty())
        return {};
    recipients some;
    (some.*kind).emplace(names.begin(), names.end());
    return {{topics.all(), std::move(some)}};
}

HUBBUB_DECL void leave_out(address_list& all, std::optional<frame_names> recipients::* kind,
                           name_list const& names) {
    for (auto& a : all) {
        auto& list = (a.to ? *a.to : a.to.emplace()).*kind;
        if (!list)
            list.emplace();
        list->insert(list->end(), names.begin(), names.end());
    }
}

} // namespace hubbub::detail
