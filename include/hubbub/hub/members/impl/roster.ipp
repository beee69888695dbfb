// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/members/roster.hpp>

#include <hubbub/error.hpp>
#include <hubbub/flow/joined_completion.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace hubbub::detail {

/// The place of a topic among the groups of a connection, which are in the order of their topics.
inline auto group_at(member& c, std::string_view topic) {
    return std::lower_bound(
        c.groups.begin(), c.groups.end(), topic,
        [](auto const& group, std::string_view name) { return group->topic() < name; });
}

/// Whether that is where the topic is.
inline bool is_group(member const& c, std::vector<std::shared_ptr<audience>>::iterator at,
                     std::string_view topic) {
    return at != c.groups.end() && (*at)->topic() == topic;
}

HUBBUB_DECL roster::roster(frame_bus const& bus, hub_topics const& topics, std::size_t most_waiting)
    : bus_(bus), topics_(topics), most_waiting_(most_waiting),
      updates_(std::make_shared<update_publisher>(bus, topics.presence())) {}

HUBBUB_DECL void roster::be_watched(bool watched) {
    std::lock_guard const lock(mutex_);
    watched_ = watched;
}

HUBBUB_DECL std::uint64_t roster::changes() const {
    std::lock_guard const lock(mutex_);
    return changes_;
}

HUBBUB_DECL presence_snapshot roster::snapshot() const {
    std::lock_guard const lock(mutex_);
    presence_snapshot all{.number = changes_, .present = {}};
    for (auto const& c : members_)
        if (c->admitted)
            all.present.push_back(entry_of(c));
    return all;
}

HUBBUB_DECL void roster::admit(member_ptr const& c) {
    std::lock_guard const lock(mutex_);
    if (!members_.contains(c))
        return;
    c->admitted = true;
    ++present_;
    changed(c, true);
}

HUBBUB_DECL void roster::enter(std::weak_ptr<call_receiver> const& receiver, member_ptr const& c,
                               completion<std::error_code> done) {
    std::lock_guard const lock(mutex_);
    if (!open_)
        return done(errc::closed);
    members_.insert(c);
    joined_completion both(bus_.executor(), std::move(done));
    audience_at(topics_.all(), receiver).join(c, both.part());
    if (!c->user.empty())
        audience_at(topics_.user(c->user), receiver).join(c, both.part());
}

HUBBUB_DECL bool roster::leave(member_ptr const& c) {
    std::lock_guard const lock(mutex_);
    if (members_.erase(c) == 0)
        return false;
    ++ending_;
    present_ -= c->admitted ? 1U : 0U;
    changed(c, false);
    std::error_code const ended = hub_errc::unknown_connection;
    leave(topics_.all(), c, ended);
    if (!c->user.empty())
        leave(topics_.user(c->user), c, ended);
    for (auto const& group : std::exchange(c->groups, {}))
        leave(group->topic(), c, ended);
    return true;
}

HUBBUB_DECL void roster::end_reported() {
    std::lock_guard const lock(mutex_);
    --ending_;
}

HUBBUB_DECL std::size_t roster::remaining() const {
    std::lock_guard const lock(mutex_);
    return members_.size() + ending_;
}

HUBBUB_DECL void roster::add_to_group(std::weak_ptr<call_receiver> const& receiver,
                                      std::string_view connection, std::string_view group,
                                      completion<std::error_code> done) {
    std::lock_guard const lock(mutex_);
    auto const c = find_unlocked(connection);
    if (!c)
        return done(open_ ? make_error_code(hub_errc::unknown_connection) : errc::closed);
    auto& joining = audience_at(topics_.group(group), receiver);
    auto const kept = joining.shared_from_this();
    if (auto const known = group_at(*c, joining.topic()); is_group(*c, known, joining.topic()))
        *known = kept; // one of the same name, perhaps, which was refused
    else
        c->groups.insert(known, kept);
    // The roster lives while the receiver does.
    joining.join(c,
                 {bus_.executor(),
                  [this, alive = receiver, c, kept, is_new = !joining.has(c),
                   done = std::move(done)](std::error_code error) mutable {
                      if (auto const receiving = alive.lock(); receiving && error)
                          forget(c, *kept);
                      else if (receiving && is_new)
                          joined(c, *kept);
                      done(error);
                  }},
                 most_waiting_);
}

HUBBUB_DECL void roster::tidy(std::string const& topic) {
    std::lock_guard const lock(mutex_);
    if (auto const found = audiences_.find(topic);
        found != audiences_.end() && found->second->deserted())
        audiences_.erase(found);
}

HUBBUB_DECL std::error_code roster::remove_from_group(std::string_view connection,
                                                      std::string_view group) {
    std::lock_guard const lock(mutex_);
    auto const c = find_unlocked(connection);
    if (!c)
        return open_ ? make_error_code(hub_errc::unknown_connection) : errc::closed;
    auto const topic = topics_.group(group);
    if (auto const left = group_at(*c, topic); is_group(*c, left, topic)) {
        if ((*left)->has(c))
            changed(c, false, group);
        c->groups.erase(left);
        leave(topic, c, {}); // as if it had joined before
    }
    return {};
}

HUBBUB_DECL std::optional<frame_names> roster::groups_of(std::string_view connection) const {
    std::lock_guard const lock(mutex_);
    auto const c = find_unlocked(connection);
    if (!c)
        return std::nullopt;
    return names_of_groups(c);
}

HUBBUB_DECL member_ptr roster::find(std::string_view connection) const {
    std::lock_guard const lock(mutex_);
    return find_unlocked(connection);
}

HUBBUB_DECL audience::snapshot roster::members_of(std::string_view topic) const {
    std::lock_guard const lock(mutex_);
    auto const found = audiences_.find(topic);
    return found == audiences_.end() ? no_members_.read() : found->second->members();
}

HUBBUB_DECL std::size_t roster::size() const {
    std::lock_guard const lock(mutex_);
    return members_.size();
}

HUBBUB_DECL std::size_t roster::present() const {
    std::lock_guard const lock(mutex_);
    return present_;
}

HUBBUB_DECL member_list roster::members() const {
    std::lock_guard const lock(mutex_);
    return members_unlocked();
}

HUBBUB_DECL frame_names roster::names_of(std::string const& prefix) const {
    std::lock_guard const lock(mutex_);
    frame_names found;
    for (auto at = audiences_.lower_bound(prefix);
         at != audiences_.end() && at->first.starts_with(prefix); ++at) {
        auto const members = at->second->members();
        if (std::any_of((*members).begin(), (*members).end(),
                        [](auto const& c) { return c->admitted.load(); }))
            found.emplace_back(at->first.substr(prefix.size()));
    }
    return found;
}

HUBBUB_DECL member_list roster::close() {
    updates_->close();
    std::lock_guard const lock(mutex_);
    open_ = false;
    for (auto const& [topic, a] : audiences_)
        a->close();
    audiences_.clear();
    for (auto const& c : members_)
        c->groups.clear();
    auto all = members_unlocked();
    members_.clear();
    present_ = 0;
    return all;
}

HUBBUB_DECL member_ptr roster::find_unlocked(std::string_view connection) const {
    auto const digits = connection.substr(server_of(connection).size());
    std::uint64_t number = 0;
    if (!digits.empty())
        std::from_chars(digits.data() + 1, digits.data() + digits.size(), number);
    auto const found = members_.find(number);
    // The number alone would also find ids that are written in other ways, or of others.
    return found != members_.end() && (*found)->id == connection ? *found : nullptr;
}

HUBBUB_DECL void roster::forget(member_ptr const& c, audience const& group) {
    std::lock_guard const lock(mutex_);
    auto const left = group_at(*c, group.topic());
    if (!is_group(*c, left, group.topic()) || left->get() != &group || group.has(c) ||
        group.awaits(c))
        return;
    c->groups.erase(left);
    leave(group.topic(), c, {});
}

HUBBUB_DECL void roster::joined(member_ptr const& c, audience const& group) {
    std::lock_guard const lock(mutex_);
    if (group.has(c))
        changed(c, true, name_of(group));
}

HUBBUB_DECL presence_entry roster::entry_of(member_ptr const& c) const {
    return {c->id, c->user, names_of_groups(c)};
}

HUBBUB_DECL frame_names roster::names_of_groups(member_ptr const& c) const {
    frame_names names;
    for (auto const& group : c->groups)
        if (group->has(c))
            names.emplace_back(std::string(name_of(*group)));
    return names;
}

HUBBUB_DECL std::string_view roster::name_of(audience const& group) const {
    return std::string_view(group.topic()).substr(topics_.group({}).size());
}

HUBBUB_DECL void roster::changed(member_ptr const& c, bool here,
                                 std::optional<std::string_view> group) {
    if (!c->admitted)
        return;
    ++changes_;
    if (!watched_)
        return;
    presence_update u{std::string(server_of(c->id)), changes_, {c->id, c->user, {}}, here, {}};
    if (group)
        u.group.emplace(std::string(*group));
    else if (here)
        u.who = entry_of(c);
    updates_->publish(std::move(u));
}

HUBBUB_DECL audience& roster::audience_at(std::string const& topic,
                                          std::weak_ptr<call_receiver> const& receiver) {
    auto& a = audiences_[topic];
    if (!a)
        a = std::make_shared<audience>(bus_, topic, receiver);
    return *a;
}

HUBBUB_DECL void roster::leave(std::string const& topic, member_ptr const& c,
                               std::error_code waiting_end) {
    auto const found = audiences_.find(topic);
    if (found == audiences_.end())
        return;
    found->second->leave(c, waiting_end);
    if (found->second->deserted())
        audiences_.erase(found);
}

} // namespace hubbub::detail
