// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/presence/presence_tracker.hpp>

#include <algorithm>
#include <utility>

namespace hubbub::detail {

HUBBUB_DECL bool presence_tracker::heard(std::string const& server, std::uint64_t number) {
    auto& s = servers_[server];
    s.asked = false;
    return must_ask(s, number);
}

HUBBUB_DECL bool presence_tracker::changed(presence_update const& u, changes& out) {
    auto const found = servers_.find(u.server);
    if (found == servers_.end()) // its next beacon has us ask, unless it is dead
        return false;
    auto& s = found->second;
    if (u.number == s.number + 1)
        make(s, u, out);
    else if (u.number > s.number)
        keep(s, u);
    catch_up(s, out);
    return must_ask(s, u.number);
}

HUBBUB_DECL void presence_tracker::arrived(std::string const& server, presence_snapshot const& all,
                                           changes& out) {
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

HUBBUB_DECL void presence_tracker::failed(std::string const& server) {
    if (auto const found = servers_.find(server); found != servers_.end())
        found->second.asking = false;
}

HUBBUB_DECL void presence_tracker::lost(std::string const& server, changes& out) {
    if (auto gone = servers_.extract(server))
        replace(gone.mapped(), {}, out);
}

HUBBUB_DECL void presence_tracker::clear() {
    servers_.clear();
    users_.clear();
}

HUBBUB_DECL bool presence_tracker::must_ask(known_server& s, std::uint64_t number) {
    s.newest = std::max(s.newest, number);
    if (s.newest <= s.number || s.asking || s.asked)
        return false;
    return s.asking = s.asked = true;
}

HUBBUB_DECL void presence_tracker::keep(known_server& s, presence_update const& u) {
    s.kept.emplace(u.number, u);
    if (s.kept.size() > most_kept)
        s.kept.erase(s.kept.begin());
}

HUBBUB_DECL void presence_tracker::catch_up(known_server& s, changes& out) {
    while (!s.kept.empty() && s.kept.begin()->first <= s.number + 1) {
        auto const next = s.kept.extract(s.kept.begin());
        if (next.key() == s.number + 1)
            make(s, next.mapped(), out);
    }
}

HUBBUB_DECL void presence_tracker::make(known_server& s, presence_update const& u, changes& out) {
    s.number = u.number;
    if (u.group)
        put_into(s, u.who.connection, *u.group, u.here, out);
    else if (u.here)
        put(s, u.who, out);
    else
        remove(s, u.who.connection, out);
}

HUBBUB_DECL void presence_tracker::replace(known_server& s, std::vector<presence_entry> const& all,
                                           changes& out) {
    std::set<std::string_view> ids;
    for (auto const& who : all)
        ids.emplace(who.connection);
    std::vector<std::string> gone;
    for (auto const& [id, who] : s.present)
        if (!ids.contains(id))
            gone.push_back(id);
    for (auto const& id : gone)
        remove(s, id, out);
    for (auto const& who : all)
        put(s, who, out);
}

HUBBUB_DECL void presence_tracker::put(known_server& s, presence_entry const& now, changes& out) {
    std::string const& id = now.connection;
    using kind = presence_change::kind;
    auto const [found, is_new] = s.present.try_emplace(id, known_connection{now.user, {}});
    if (is_new) {
        out.push_back({kind::connection, true, id, id});
        if (!now.user.empty() && ++users_[now.user] == 1)
            out.push_back({kind::user, true, now.user, id});
    }
    std::set<std::string> groups(now.groups.begin(), now.groups.end());
    auto const before = std::exchange(found->second.groups, groups);
    for (auto const& group : before)
        if (!groups.contains(group))
            out.push_back({kind::group, false, group, id});
    for (auto const& group : groups)
        if (!before.contains(group))
            out.push_back({kind::group, true, group, id});
}

HUBBUB_DECL void presence_tracker::remove(known_server& s, std::string const& id, changes& out) {
    using kind = presence_change::kind;
    auto const gone = s.present.extract(id);
    if (!gone)
        return;
    auto const& [user, groups] = gone.mapped();
    for (auto const& group : groups)
        out.push_back({kind::group, false, group, id});
    out.push_back({kind::connection, false, id, id});
    if (!user.empty() && --users_[user] == 0) {
        users_.erase(user);
        out.push_back({kind::user, false, user, id});
    }
}

HUBBUB_DECL void presence_tracker::put_into(known_server& s, std::string const& id,
                                            std::string const& group, bool in, changes& out) {
    auto const found = s.present.find(id);
    if (found == s.present.end())
        return;
    auto& groups = found->second.groups;
    if (in ? groups.insert(group).second : groups.erase(group) != 0)
        out.push_back({presence_change::kind::group, in, group, id});
}

} // namespace hubbub::detail
