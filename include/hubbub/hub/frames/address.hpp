// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The topics of a hub, and whom a call on one of them is for.
namespace hubbub::detail {

using name_list = std::vector<std::string>;

/// A name in a frame: the id of a connection, or a group or a user. It may be any bytes, and a
/// frame may have to be UTF-8: so it stands there escaped, as escape_to_utf8 says, with %.
struct frame_name : std::string {
    using std::string::string;
    frame_name(std::string name) : std::string(std::move(name)) {}
};

using frame_names = std::vector<frame_name>;

/// Which connections of those that a topic reaches are meant. An absent member does not restrict.
struct recipients {
    /// Those that are one of these, or in one of these groups, or of one of these users: each of
    /// them once.
    std::optional<frame_names> connections = {};
    std::optional<frame_names> groups = {};
    std::optional<frame_names> users = {};
    /// And none of these.
    std::optional<frame_names> except = {};
    std::optional<frame_names> except_groups = {};
    std::optional<frame_names> except_users = {};

    bool restricts() const noexcept { return connections || groups || users; }
    bool excludes() const noexcept { return except || except_groups || except_users; }
};

/// A topic that a call is published on, and which of those it reaches are meant.
struct address {
    std::string topic;
    std::optional<recipients> to;
};

/// The topics of one hub.
class hub_topics {
public:
    explicit hub_topics(std::string hub) : hub_(std::move(hub)) {}

    std::string all() const { return hub_ + "/all"; }
    std::string group(std::string_view name) const { return with("/group/", name); }
    std::string user(std::string_view id) const { return with("/user/", id); }
    std::string server(std::string_view id) const { return with("/server/", id); }
    std::string beacons() const { return hub_ + "/servers"; }
    std::string presence() const { return hub_ + "/presence"; }
    std::string control(std::string_view server_id) const { return with("/control/", server_id); }

private:
    std::string with(std::string_view kind, std::string_view name) const {
        return std::string(hub_).append(kind).append(name);
    }

    std::string hub_;
};

/// A connection id is "<server id>-<number>": whoever has it knows where the connection is.
inline std::string_view server_of(std::string_view connection_id) {
    return connection_id.substr(0, connection_id.find('-'));
}

} // namespace hubbub::detail
