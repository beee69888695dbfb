// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What the servers of a hub send each other. The members' names are what one reads in redis-cli.
namespace hubbub::detail {

/// Calls a method at clients. On the topics of an audience (all, a group, a user) for all its
/// members but `except`; on a server's topic for the connection `to`.
template <class Packed>
struct client_call {
    std::string method;
    Packed arguments;
    std::optional<std::vector<std::string>> except;
    std::optional<std::string> to;

    bool excepts(std::string_view connection) const {
        return except && std::find(except->begin(), except->end(), connection) != except->end();
    }
};

/// Asks a server to put one of its connections into a group, or to take it out; or answers that.
struct server_command {
    /// "add", "remove" or "done".
    std::string verb;
    /// The asking server's number for it, and its id: where the answer goes.
    std::uint64_t request = 0;
    std::optional<std::string> reply_to;
    std::optional<std::string> connection;
    std::optional<std::string> group;
    /// In an answer: the errc of a failure.
    std::optional<int> error;
};

/// The topics of one hub.
class hub_topics {
public:
    explicit hub_topics(std::string hub) : hub_(std::move(hub)) {}

    std::string all() const { return hub_ + "/all"; }
    std::string group(std::string_view name) const { return with("/group/", name); }
    std::string user(std::string_view id) const { return with("/user/", id); }
    std::string server(std::string_view id) const { return with("/server/", id); }
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
