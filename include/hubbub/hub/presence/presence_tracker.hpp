// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/hub/frames/frame.hpp>
#include <hubbub/hub/presence_change.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace hubbub::detail {

/// The connections at each server of a hub, as one server knows them, and the changes in that. It
/// has no lock.
///
/// Every server numbers its changes. One that is not the next shows that others were lost, and then
/// the whole snapshot is asked for: whatever is lost, the tracker ends up as the servers are. Since
/// a snapshot takes its time, what comes after the lost ones is kept, and follows it; and since it
/// is large, it is asked for once between two beacons of its server.
class presence_tracker {
public:
    using changes = std::vector<presence_change>;

    /// How many changes of a server are kept: the latest.
    static constexpr std::size_t most_kept = 10000;

    /// A server was heard that has made so many changes. True if its snapshot is to be asked for.
    bool heard(std::string const& server, std::uint64_t number);

    /// The same for one change.
    bool changed(presence_update const& u, changes& out);

    /// The snapshot that was asked for came.
    void arrived(std::string const& server, presence_snapshot const& all, changes& out);

    /// It did not come.
    void failed(std::string const& server);

    /// The server is lost, and all its connections with it.
    void lost(std::string const& server, changes& out);

    void clear();

private:
    struct known_connection {
        std::string user;
        std::set<std::string> groups;
    };

    struct known_server {
        std::uint64_t number = 0; // of the change that `present` is up to
        std::uint64_t newest = 0; // that was heard of
        bool asking = false;
        bool asked = false; // since its last beacon
        std::map<std::string, known_connection> present = {};
        std::map<std::uint64_t, presence_update> kept =
            {}; // that come after others that are missing
    };

    static bool must_ask(known_server& s, std::uint64_t number);
    static void keep(known_server& s, presence_update const& u);
    /// Makes the changes that are kept, as far as none is missing.
    void catch_up(known_server& s, changes& out);
    void make(known_server& s, presence_update const& u, changes& out);
    void replace(known_server& s, std::vector<presence_entry> const& all, changes& out);
    /// A connection is there now, in these groups.
    void put(known_server& s, presence_entry const& now, changes& out);
    /// A connection has left.
    void remove(known_server& s, std::string const& id, changes& out);
    /// Puts a connection into one group, or takes it out.
    static void put_into(known_server& s, std::string const& id, std::string const& group, bool in,
                         changes& out);

    std::map<std::string, known_server> servers_;
    std::map<std::string, std::size_t> users_; // and their connections
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/presence/impl/presence_tracker.ipp>
#endif
