// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>

namespace hubbub {

/// Somebody came or went, on whatever server of a hub (presence::on_change).
struct presence_change {
    enum class kind {
        /// A connection; its name is its id.
        connection,
        /// A user: its first connection came, or its last one went.
        user,
        /// A group: the connection became a member, or is none any more.
        group,
    };

    kind of;
    bool joined;
    /// Of the connection, user or group.
    std::string name;
    /// The id of the connection that came or went.
    std::string connection;
};

/// Gets every change of who is there. What it throws is an event hook_failed of the hub;
/// it is told the later ones all the same.
using presence_observer = std::function<void(presence_change const&)>;

} // namespace hubbub
