// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/cluster/frame.hpp>
#include <hubbub/hub/members/member.hpp>
#include <hubbub/hub/members/roster.hpp>

#include <algorithm>
#include <utility>

namespace hubbub::detail {

/// Finds the connections here that a call is meant for, each once.
///
/// Complexity: nothing is allocated where the call neither names several groups or users nor leaves
/// groups out, and each member costs as much as is left out by name; else O(n log n) in the members
/// of those.
template <class Bus>
class selection {
public:
    selection(roster<Bus> const& here, hub_topics const& topics, recipients const* to)
        : here_(&here), topics_(&topics), to_(to) {
        if (to_ != nullptr && to_->except_groups)
            for (auto const& group : *to_->except_groups)
                append(excluded_, topics_->group(group));
        sort_unique(excluded_);
    }

    /// Calls use(member) for each that is meant; members are those of the topic it came on.
    template <class Use>
    void for_each(member_list<Bus> const& members, Use use) const {
        if (to_ == nullptr || !to_->restricts())
            return use_all(members, use);
        member_list<Bus> named;
        if (to_->connections)
            for (auto const& id : *to_->connections)
                if (auto c = here_->find(id))
                    named.push_back(std::move(c));
        if (to_->groups)
            for (auto const& group : *to_->groups)
                append(named, topics_->group(group));
        if (to_->users)
            for (auto const& user : *to_->users)
                append(named, topics_->user(user));
        sort_unique(named);
        use_all(named, use);
    }

private:
    template <class Use>
    void use_all(member_list<Bus> const& members, Use& use) const {
        for (auto const& c : members)
            if (c->connected && c->allowed && !excludes(c))
                use(c);
    }

    bool excludes(member_ptr<Bus> const& c) const {
        return to_ != nullptr && to_->excludes() &&
               ((to_->except && contains(*to_->except, c->id)) ||
                (to_->except_users && !c->user.empty() && contains(*to_->except_users, c->user)) ||
                std::binary_search(excluded_.begin(), excluded_.end(), c, connected_before<Bus>));
    }

    static bool contains(frame_names const& list, std::string const& name) {
        return std::find(list.begin(), list.end(), name) != list.end();
    }

    void append(member_list<Bus>& list, std::string_view topic) const {
        auto const members = here_->members_of(topic);
        list.insert(list.end(), (*members).begin(), (*members).end());
    }

    static void sort_unique(member_list<Bus>& list) {
        std::sort(list.begin(), list.end(), connected_before<Bus>);
        list.erase(std::unique(list.begin(), list.end()), list.end());
    }

    roster<Bus> const* const here_;
    hub_topics const* const topics_;
    recipients const* const to_;
    member_list<Bus> excluded_;
};

} // namespace hubbub::detail
