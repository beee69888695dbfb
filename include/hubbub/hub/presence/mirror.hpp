// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/cluster/frame.hpp>
#include <hubbub/hub/presence_change.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hubbub::detail {

/// What one server knows of who is at each of them, and what has changed in that.
///
/// Every server numbers its changes. One that is not the next shows that others were lost, and then
/// the whole roll is asked for: whatever is lost, the mirror ends up as the servers are. Since a
/// roll takes its time, what comes after the lost ones is kept, and follows the roll; and since it
/// is large, it is asked for once between two beacons of its server.
class mirror {
public:
    using changes = std::vector<presence_change>;

    /// Of each server so many changes are kept, the latest.
    static constexpr std::size_t most_kept = 10000;

    /// A server was heard that has made so many changes. True if its roll is to be asked for.
    bool heard(std::string const& server, std::uint64_t number) {
        auto& s = servers_[server];
        s.asked = false;
        return must_ask(s, number);
    }

    /// The same for one change.
    bool changed(roll_change const& c, changes& out) {
        auto const found = servers_.find(c.server);
        if (found == servers_.end()) // its next beacon has us ask, unless it is dead
            return false;
        auto& s = found->second;
        if (c.number == s.number + 1)
            make(s, c, out);
        else if (c.number > s.number)
            keep(s, c);
        catch_up(s, out);
        return must_ask(s, c.number);
    }

    /// The roll that was asked for came.
    void called(std::string const& server, roll const& all, changes& out) {
        auto const found = servers_.find(server);
        if (found == servers_.end()) // lost meanwhile
            return;
        auto& s = found->second;
        s.asking = false;
        if (all.number >= s.number) {
            s.number = all.number;
            replace(s, all.present, out);
        }
        catch_up(s, out);
    }

    /// It did not come.
    void not_called(std::string const& server) {
        if (auto const found = servers_.find(server); found != servers_.end())
            found->second.asking = false;
    }

    /// Nobody is there any more.
    void lost(std::string const& server, changes& out) {
        if (auto gone = servers_.extract(server))
            replace(gone.mapped(), {}, out);
    }

    void clear() {
        servers_.clear();
        users_.clear();
    }

private:
    struct known_server {
        std::uint64_t number = 0; // of the change that `present` is up to
        std::uint64_t newest = 0; // that was heard of
        bool asking = false;
        bool asked = false; // since its last beacon
        std::map<std::string, attendance> present = {};
        std::map<std::uint64_t, roll_change> kept = {}; // that come after others that are missing
    };

    using kind = presence_change::kind;

    static bool must_ask(known_server& s, std::uint64_t number) {
        s.newest = std::max(s.newest, number);
        if (s.newest <= s.number || s.asking || s.asked)
            return false;
        return s.asking = s.asked = true;
    }

    static void keep(known_server& s, roll_change const& c) {
        s.kept.emplace(c.number, c);
        if (s.kept.size() > most_kept)
            s.kept.erase(s.kept.begin());
    }

    /// Makes the changes that are kept, as far as none is missing.
    void catch_up(known_server& s, changes& out) {
        while (!s.kept.empty() && s.kept.begin()->first <= s.number + 1) {
            auto const next = s.kept.extract(s.kept.begin());
            if (next.key() == s.number + 1)
                make(s, next.mapped(), out);
        }
    }

    void make(known_server& s, roll_change const& c, changes& out) {
        s.number = c.number;
        if (c.group)
            put_into(s, c.who.connection, *c.group, c.here, out);
        else
            put(s, c.who, c.here, out);
    }

    void replace(known_server& s, std::vector<attendance> const& all, changes& out) {
        std::map<std::string_view, attendance const*> by_id;
        for (auto const& who : all)
            by_id.emplace(who.connection, &who);
        std::vector<attendance> gone;
        for (auto const& [id, who] : s.present)
            if (!by_id.contains(id))
                gone.push_back(who);
        for (auto const& who : gone)
            put(s, who, false, out);
        for (auto const& who : all)
            put(s, who, true, out);
    }

    /// Makes a connection what it is now, and tells what that changes.
    void put(known_server& s, attendance const& now, bool here, changes& out) {
        auto const& id = now.connection;
        auto const found = s.present.find(id);
        bool const was_here = found != s.present.end();
        auto const before = was_here ? found->second : attendance{};
        if (here && !was_here) {
            out.push_back({kind::connection, true, id, id});
            if (!now.user.empty() && ++users_[now.user] == 1)
                out.push_back({kind::user, true, now.user, id});
        }
        frame_names const none;
        tell_missing(before.groups, here ? now.groups : none, false, id, out);
        if (here) {
            tell_missing(now.groups, before.groups, true, id, out);
            s.present[id] = now;
            return;
        }
        if (!was_here)
            return;
        out.push_back({kind::connection, false, id, id});
        if (!before.user.empty() && --users_[before.user] == 0) {
            users_.erase(before.user);
            out.push_back({kind::user, false, before.user, id});
        }
        s.present.erase(id);
    }

    /// Puts a connection into one group, or takes it out, and tells that.
    static void put_into(known_server& s, std::string const& id, std::string const& group, bool in,
                         changes& out) {
        auto const found = s.present.find(id);
        if (found == s.present.end())
            return;
        auto& groups = found->second.groups;
        auto const at = std::find(groups.begin(), groups.end(), group);
        if (in == (at != groups.end()))
            return;
        if (in)
            groups.push_back(group);
        else
            groups.erase(at);
        out.push_back({kind::group, in, group, id});
    }

    /// The groups of `some` that `others` lacks.
    static void tell_missing(frame_names const& some, frame_names const& others, bool joined,
                             std::string const& id, changes& out) {
        for (auto const& group : some)
            if (std::find(others.begin(), others.end(), group) == others.end())
                out.push_back({kind::group, joined, group, id});
    }

    std::map<std::string, known_server> servers_;
    std::map<std::string, std::size_t> users_; // and their connections
};

} // namespace hubbub::detail
