// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/completion.hpp>
#include <hubbub/error.hpp>
#include <hubbub/flow/joined_completion.hpp>
#include <hubbub/flow/topic_table.hpp>
#include <hubbub/hub/cluster/frame.hpp>
#include <hubbub/hub/members/audience.hpp>
#include <hubbub/hub/members/member.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_set>
#include <utility>
#include <vector>

namespace hubbub::detail {

/// The connections of one server, and the audiences they make up.
///
/// Thread safety: all functions, from any thread.
/// Complexity:    leaving an audience is linear in its members here.
template <class Bus>
class roster {
public:
    /// So many joins of one connection to one group may wait; 0: no limit.
    roster(Bus& bus, hub_topics const& topics, std::size_t most_waiting)
        : bus_(&bus), topics_(&topics), most_waiting_(most_waiting) {}

    /// Who gets the calls on the topics of audiences; before the first connection.
    void deliver_to(std::weak_ptr<call_receiver<Bus>> receiver) { receiver_ = std::move(receiver); }

    /// Numbers the changes of who is there, and while somebody watches tells each of them.
    /// tell is called with a lock held.
    void tell_changes(std::function<void(roll_change)> tell) { tell_ = std::move(tell); }
    void be_watched(bool watched) {
        std::lock_guard const lock(mutex_);
        watched_ = watched;
    }

    std::uint64_t changes() const {
        std::lock_guard const lock(mutex_);
        return changes_;
    }

    /// Who has been admitted.
    roll call_roll() const {
        std::lock_guard const lock(mutex_);
        roll all{.number = changes_, .present = {}};
        for (auto const& c : members_)
            if (c->admitted)
                all.present.push_back(attendance_of(c));
        return all;
    }

    /// From now on it counts as there.
    void admit(member_ptr<Bus> const& c) {
        std::lock_guard const lock(mutex_);
        if (!members_.contains(c))
            return;
        c->admitted = true;
        ++present_;
        changed(c, true);
    }

    /// Adds a connection, and completes when calls to all and to its user reach it.
    void enter(member_ptr<Bus> const& c, completion<std::error_code> done) {
        std::lock_guard const lock(mutex_);
        if (!open_)
            return done(errc::closed);
        members_.insert(c);
        joined_completion both(bus_->get_executor(), std::move(done));
        audience_at(topics_->all()).join(c, both.part());
        if (!c->user.empty())
            audience_at(topics_->user(c->user)).join(c, both.part());
    }

    /// False if it is none of these, or not any more. Else end_told is to follow.
    bool leave(member_ptr<Bus> const& c) {
        std::lock_guard const lock(mutex_);
        if (members_.erase(c) == 0)
            return false;
        ++ending_;
        present_ -= c->admitted ? 1 : 0;
        changed(c, false);
        std::error_code const ended = errc::unknown_connection;
        leave(topics_->all(), c, ended);
        if (!c->user.empty())
            leave(topics_->user(c->user), c, ended);
        for (auto const& group : std::exchange(c->groups, {}))
            leave(group->topic(), c, ended);
        return true;
    }

    /// All who are to know have been told that one has left.
    void end_told() {
        std::lock_guard const lock(mutex_);
        --ending_;
    }

    /// How many are there, or have an end that is not told yet.
    std::size_t remaining() const {
        std::lock_guard const lock(mutex_);
        return members_.size() + ending_;
    }

    /// Completes when later calls to the group reach it, or it was removed meanwhile. Errors:
    /// unknown_connection, also if it ends meanwhile; queue_full; closed.
    void add_to_group(std::string_view connection, std::string_view group,
                      completion<std::error_code> done) {
        std::lock_guard const lock(mutex_);
        auto const c = find_unlocked(connection);
        if (!c)
            return done(open_ ? errc::unknown_connection : errc::closed);
        auto& joined = audience_at(topics_->group(group));
        auto const kept = joined.shared_from_this();
        if (auto const known = at(*c, joined.topic()); known == c->groups.end())
            c->groups.push_back(kept);
        else
            *known = kept; // one of the same name, perhaps, which was refused
        // Core and with it this live while receiver_ does.
        joined.join(c,
                    {bus_->get_executor(),
                     [this, alive = receiver_, c, kept, is_new = !joined.has(c),
                      done = std::move(done)](std::error_code error) mutable {
                         if (auto const core = alive.lock(); core && error)
                             forget(c, *kept);
                         else if (core && is_new)
                             tell_joined(c, *kept);
                         done(error);
                     }},
                    most_waiting_);
    }

    /// Forgets an audience of which nobody is left.
    void tidy(std::string const& topic) {
        std::lock_guard const lock(mutex_);
        if (auto const found = audiences_.find(topic);
            found != audiences_.end() && found->second->deserted())
            audiences_.erase(found);
    }

    /// Errors: unknown_connection, closed. Not being in it is none.
    std::error_code remove_from_group(std::string_view connection, std::string_view group) {
        std::lock_guard const lock(mutex_);
        auto const c = find_unlocked(connection);
        if (!c)
            return open_ ? errc::unknown_connection : errc::closed;
        auto const topic = topics_->group(group);
        if (auto const left = at(*c, topic); left != c->groups.end()) {
            if ((*left)->has(c))
                changed(c, false, group);
            c->groups.erase(left);
            leave(topic, c, {}); // as if it had joined before
        }
        return {};
    }

    /// In order; nothing if there is no such connection.
    std::optional<frame_names> groups_of(std::string_view connection) const {
        std::lock_guard const lock(mutex_);
        auto const c = find_unlocked(connection);
        if (!c)
            return std::nullopt;
        auto groups = names_of_groups(c);
        std::sort(groups.begin(), groups.end());
        return groups;
    }

    /// Null if there is none of this id.
    member_ptr<Bus> find(std::string_view connection) const {
        std::lock_guard const lock(mutex_);
        return find_unlocked(connection);
    }

    /// The members of an audience here; none if there is no such.
    typename audience<Bus>::snapshot members_of(std::string_view topic) const {
        std::lock_guard const lock(mutex_);
        auto const found = audiences_.find(topic);
        return found == audiences_.end() ? no_members_.read() : found->second->members();
    }

    std::size_t size() const {
        std::lock_guard const lock(mutex_);
        return members_.size();
    }

    /// How many have been admitted.
    std::size_t present() const {
        std::lock_guard const lock(mutex_);
        return present_;
    }

    /// All connections.
    member_list<Bus> members() const {
        std::lock_guard const lock(mutex_);
        return members_unlocked();
    }

    /// The ends of the topics that begin so and have members here who have been admitted: users, or
    /// groups.
    frame_names names_of(std::string const& prefix) const {
        std::lock_guard const lock(mutex_);
        frame_names found;
        for (auto const& [topic, a] : audiences_)
            if (topic.starts_with(prefix) && any_admitted(*a))
                found.push_back(topic.substr(prefix.size()));
        return found;
    }

    /// Lets go of all, and says who that was; what waits ends as closed.
    member_list<Bus> close() {
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

private:
    /// Members are found by their numbers.
    static std::uint64_t number_of(std::uint64_t number) noexcept { return number; }
    static std::uint64_t number_of(member_ptr<Bus> const& c) noexcept { return c->number; }
    struct number_hash {
        using is_transparent = void;
        std::size_t operator()(auto const& of) const noexcept { return number_of(of); }
    };
    struct same_number {
        using is_transparent = void;
        bool operator()(auto const& a, auto const& b) const noexcept {
            return number_of(a) == number_of(b);
        }
    };

    member_list<Bus> members_unlocked() const { return {members_.begin(), members_.end()}; }

    static bool any_admitted(audience<Bus> const& a) {
        auto const members = a.members();
        return std::any_of((*members).begin(), (*members).end(),
                           [](auto const& c) { return c->admitted.load(); });
    }

    /// Joining a group has failed: c is not in it, unless it joined it again.
    void forget(member_ptr<Bus> const& c, audience<Bus> const& group) {
        std::lock_guard const lock(mutex_);
        auto const left = at(*c, group.topic());
        if (left == c->groups.end() || left->get() != &group || group.has(c) || group.awaits(c))
            return;
        c->groups.erase(left);
        leave(group.topic(), c, {});
    }

    /// Calls to the group reach c now, unless it left again.
    void tell_joined(member_ptr<Bus> const& c, audience<Bus> const& group) {
        std::lock_guard const lock(mutex_);
        if (group.has(c))
            changed(c, true, name_of(group));
    }

    attendance attendance_of(member_ptr<Bus> const& c) const {
        return {c->id, c->user, names_of_groups(c)};
    }

    /// Those that it is in; it may wait to be in more.
    frame_names names_of_groups(member_ptr<Bus> const& c) const {
        frame_names names;
        for (auto const& group : c->groups)
            if (group->has(c))
                names.emplace_back(name_of(*group));
        return names;
    }

    std::string_view name_of(audience<Bus> const& group) const {
        return std::string_view(group.topic()).substr(topics_->group({}).size());
    }

    /// Tells of a connection that it came or left, or of one of its groups. No more than changes, since
    /// this is under the lock, and a connection may be in many groups.
    void changed(member_ptr<Bus> const& c, bool here, std::optional<std::string_view> group = {}) {
        if (!c->admitted)
            return;
        ++changes_;
        if (!watched_)
            return;
        roll_change told{std::string(server_of(c->id)), changes_, {c->id, c->user, {}}, here, {}};
        if (group)
            told.group.emplace(*group);
        else if (here)
            told.who = attendance_of(c);
        tell_(std::move(told));
    }

    audience<Bus>& audience_at(std::string const& topic) {
        auto& a = audiences_[topic];
        if (!a)
            a = std::make_shared<audience<Bus>>(*bus_, topic, receiver_);
        return *a;
    }

    void leave(std::string const& topic, member_ptr<Bus> const& c, std::error_code waiting_end) {
        auto const found = audiences_.find(topic);
        if (found == audiences_.end())
            return;
        found->second->leave(c, waiting_end);
        if (found->second->deserted())
            audiences_.erase(found);
    }

    static auto at(member<Bus>& c, std::string_view topic) {
        return std::find_if(c.groups.begin(), c.groups.end(),
                            [&](auto const& group) { return group->topic() == topic; });
    }

    member_ptr<Bus> find_unlocked(std::string_view connection) const {
        auto const digits = connection.substr(server_of(connection).size());
        std::uint64_t number = 0;
        if (!digits.empty())
            std::from_chars(digits.data() + 1, digits.data() + digits.size(), number);
        auto const found = members_.find(number);
        // The number alone would also find ids that are written in other ways, or of others.
        return found != members_.end() && (*found)->id == connection ? *found : nullptr;
    }

    Bus* const bus_;
    hub_topics const* const topics_;
    std::size_t const most_waiting_;
    std::weak_ptr<call_receiver<Bus>> receiver_;
    std::function<void(roll_change)> tell_;
    shared_list<member_ptr<Bus>> const no_members_;
    mutable std::mutex mutex_; // guards what follows
    bool open_ = true;
    bool watched_ = false;
    std::uint64_t changes_ = 0;
    std::size_t present_ = 0;
    std::size_t ending_ = 0; // who have left, and their end is not told yet
    std::unordered_set<member_ptr<Bus>, number_hash, same_number> members_;
    string_map<std::shared_ptr<audience<Bus>>> audiences_;
};

} // namespace hubbub::detail
