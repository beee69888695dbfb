// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>

namespace hubbub {

/// A connection came or went, or a user or a member of a group did, on whatever server of a hub
/// (presence::set_observer).
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
    /// The name of the connection, user or group.
    std::string name;
    /// The id of the connection that came or went.
    std::string connection;
};

/// Gets every presence_change. An exception that it throws is an event hook_failed of the hub; it
/// is told of the later changes all the same.
using presence_observer = std::function<void(presence_change const&)>;

} // namespace hubbub
