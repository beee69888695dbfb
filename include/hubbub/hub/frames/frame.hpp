// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/hub/frames/address.hpp>
#include <hubbub/hub/frames/packed.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The frames that the servers of a hub send each other. One reads the members' names in redis-cli.
namespace hubbub::detail {

/// Calls a method at clients: on the topic of an audience (all, a group, a user) at its members, on
/// a server's topic at the connections that `to` names. Or it ends these connections.
struct client_call {
    std::string method;
    packed arguments;
    std::optional<recipients> to = {};
    /// The server that has told its own connections already (delivery_order::local_first).
    std::optional<std::string> told_at = {};
    /// Why the connections are ended; then there is no method.
    std::optional<std::string> closes = {};
};

/// A connection, as the servers that watch see it.
struct presence_entry {
    frame_name connection;
    /// Empty if it has none.
    frame_name user;
    frame_names groups;
};

/// All connections of a server after so many changes.
struct presence_snapshot {
    std::uint64_t number = 0;
    std::vector<presence_entry> present;
};

/// The change of this number, at one connection of a server: it came, or left.
struct presence_update {
    std::string server;
    std::uint64_t number = 0;
    presence_entry who;
    bool here = false;
    /// Or this alone has changed: it is in the group now, or (not here) not any more. Then, and
    /// when it left, `who` names no groups: a server that knows the changes before knows them.
    std::optional<frame_name> group = {};
};

/// A question of a server about the connections of another.
enum class presence_question : std::uint8_t {
    unknown,
    count,
    connections,
    users,
    groups,
    members,
    connections_of,
    groups_of,
    snapshot,
};

/// The answer: the number, the names or the snapshot that was asked for.
struct presence_answer {
    std::uint64_t count = 0;
    frame_names names = {};
    std::optional<presence_snapshot> snapshot = {};
};

/// A question of a server to another, or `done`, which answers one.
enum class verb : std::uint8_t {
    /// That of another version of the hub.
    unknown,
    /// A connection joins a group, or leaves it.
    add,
    remove,
    /// Calls a method of a connection.
    call,
    /// Calls a method of the server.
    invoke,
    /// Asks who is there.
    ask,
    done,
};

/// Asks something of a server, or answers that.
struct server_message {
    detail::verb verb = verb::unknown;
    /// The asking server's number for it, and its id, where the answer goes; 0 and absent if it
    /// waits for none.
    std::uint64_t request = 0;
    std::optional<std::string> reply_to = {};
    std::optional<frame_name> connection = {};
    std::optional<frame_name> group = {};
    std::optional<std::string> method = {};
    /// The arguments; in an answer the value.
    std::optional<packed> arguments = {};
    /// The question of verb::ask, and the group, user or connection that it is about; and the
    /// answer.
    std::optional<presence_question> question = {};
    std::optional<frame_name> name = {};
    std::optional<presence_answer> presence = {};
    /// In an answer: the number of an error (error.hpp), and what was said.
    std::optional<int> error = {};
    std::optional<std::string> text = {};
};

/// The reason of a beacon.
enum class beacon_reason : std::uint8_t {
    /// That of another version of the hub.
    unknown,
    /// At each beacon_interval.
    here,
    /// It would like to hear of the others at once.
    arrived,
    /// Answers that.
    too,
    /// It has ended.
    gone,
};

/// A message of a server to all servers, this one too, about itself.
struct server_beacon {
    std::string server;
    /// "here", "new", "too" or "gone".
    beacon_reason state = beacon_reason::unknown;
    /// How many changes of who is there the server has made, ever.
    std::uint64_t changes = 0;
    /// It wants to be told of such changes.
    bool watches = false;
};

/// The names of verbs, questions and reasons in a frame. A text that is none of them means unknown.
std::string_view to_text(verb v) noexcept;
std::string_view to_text(presence_question q) noexcept;
std::string_view to_text(beacon_reason r) noexcept;
void from_text(std::string_view text, verb& v) noexcept;
void from_text(std::string_view text, presence_question& q) noexcept;
void from_text(std::string_view text, beacon_reason& r) noexcept;

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/frames/impl/frame.ipp>
#endif
