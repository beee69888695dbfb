// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/members/selection.hpp>

#include <algorithm>
#include <utility>

namespace hubbub::detail {

inline void sort_unique(member_list& list) {
    std::sort(list.begin(), list.end(), connected_before);
    list.erase(std::unique(list.begin(), list.end()), list.end());
}

HUBBUB_DECL selection::name_set::name_set(std::optional<frame_names> const* names) {
    if (names == nullptr || !*names)
        return;
    names_ = &**names;
    if (names_->size() <= few)
        return;
    sorted_.assign(names_->begin(), names_->end());
    std::sort(sorted_.begin(), sorted_.end());
}

HUBBUB_DECL bool selection::name_set::contains(std::string_view name) const {
    if (names_ == nullptr)
        return false;
    if (!sorted_.empty())
        return std::binary_search(sorted_.begin(), sorted_.end(), name);
    return std::any_of(names_->begin(), names_->end(),
                       [&](frame_name const& one) { return one == name; });
}

HUBBUB_DECL selection::selection(roster const& here, hub_topics const& topics, recipients const* to)
    : here_(&here), to_(to), except_(to == nullptr ? nullptr : &to->except),
      except_users_(to == nullptr ? nullptr : &to->except_users) {
    if (to_ == nullptr)
        return;
    if (to_->except_groups)
        for (auto const& group : *to_->except_groups)
            append(excluded_, topics.group(group));
    sort_unique(excluded_);
    if (to_->restricts())
        collect_named(topics);
}

HUBBUB_DECL bool selection::excludes(member_ptr const& c) const {
    return except_.contains(c->id) || (!c->user.empty() && except_users_.contains(c->user)) ||
           std::binary_search(excluded_.begin(), excluded_.end(), c, connected_before);
}

HUBBUB_DECL void selection::append(member_list& list, std::string_view topic) const {
    auto const members = here_->members_of(topic);
    list.insert(list.end(), (*members).begin(), (*members).end());
}

HUBBUB_DECL void selection::collect_named(hub_topics const& topics) {
    if (to_->connections)
        for (auto const& id : *to_->connections)
            if (auto c = here_->find(id))
                named_.push_back(std::move(c));
    if (to_->groups)
        for (auto const& group : *to_->groups)
            append(named_, topics.group(group));
    if (to_->users)
        for (auto const& user : *to_->users)
            append(named_, topics.user(user));
    sort_unique(named_);
}

} // namespace hubbub::detail
