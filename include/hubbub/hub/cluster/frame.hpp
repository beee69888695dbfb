// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/utf8.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What the servers of a hub send each other. The members' names are what one reads in redis-cli.
namespace hubbub::detail {

using name_list = std::vector<std::string>;

/// A name in a frame: the id of a connection, or a group or a user. It may be any bytes, and a frame
/// may have to be UTF-8: so it stands there escaped, as escape_to_utf8 says, with %.
struct frame_name : std::string {
    using std::string::string;
    frame_name(std::string name) : std::string(std::move(name)) {}

    template <class Json>
    friend void to_json(Json& out, frame_name const& name) {
        out = escape_to_utf8(name, '%');
    }
    template <class Json>
    friend void from_json(Json const& in, frame_name& name) {
        name = unescape(in.template get_ref<std::string const&>(), '%');
    }
};

using frame_names = std::vector<frame_name>;

/// Which connections of those that a topic reaches are meant. What is absent does not restrict.
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

/// Calls a method at clients: on the topic of an audience (all, a group, a user) at its members, on
/// a server's topic at the connections that `to` names. Or it ends these connections.
template <class Packed>
struct client_call {
    std::string method;
    Packed arguments;
    std::optional<recipients> to = {};
    /// The server that has told its own connections already (delivery_order::local_first).
    std::optional<std::string> told_at = {};
    /// Why the connections are ended; then there is no method.
    std::optional<std::string> closes = {};
};

/// Asks something of a server, or answers that.
template <class Packed>
struct server_message {
    /// "add" and "remove": a connection and a group; "call": a connection's method; "invoke": a
    /// method of the server; "done": the answer.
    std::string verb;
    /// The asking server's number for it, and its id, where the answer goes; 0 and absent if it
    /// waits for none.
    std::uint64_t request = 0;
    std::optional<std::string> reply_to = {};
    std::optional<frame_name> connection = {};
    std::optional<frame_name> group = {};
    std::optional<std::string> method = {};
    /// The arguments; in an answer the value.
    std::optional<Packed> arguments = {};
    /// In an answer: the errc of a failure, and what was said.
    std::optional<int> error = {};
    std::optional<std::string> text = {};
};

/// What each server tells all of them every beacon_interval.
struct server_beacon {
    std::string server;
    /// "here", at each interval; "new": it would like to hear of the others at once; "too", which
    /// answers that; "gone".
    std::string state;
    /// How many changes of who is there the server has made, ever.
    std::uint64_t changes = 0;
    /// It wants to be told of such changes.
    bool watches = false;
};

/// A connection, as those who watch see it.
struct attendance {
    frame_name connection;
    /// Empty if it has none.
    frame_name user;
    frame_names groups;
};

/// All connections of a server after so many changes.
struct roll {
    std::uint64_t number = 0;
    std::vector<attendance> present;
};

/// The change of this number, at one connection of a server: it came, or left.
struct roll_change {
    std::string server;
    std::uint64_t number = 0;
    attendance who;
    bool here = false;
    /// Or this alone has changed: it is in the group now, or (not here) not any more. Then, and when it
    /// left, `who` names no groups: who knows the changes before knows them.
    std::optional<frame_name> group = {};
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
