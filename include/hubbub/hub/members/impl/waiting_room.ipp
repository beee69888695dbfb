// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/members/waiting_room.hpp>

#include <hubbub/error.hpp>

#include <utility>

namespace hubbub::detail {

HUBBUB_DECL bool waiting_room::enter(member_ptr const& c, done_type done, std::size_t at_most) {
    std::lock_guard const lock(mutex_);
    std::error_code refused = outcome_.value_or(std::error_code{});
    if (!refused && guests_.size() >= at_most)
        refused = errc::queue_full;
    if (refused)
        done(refused);
    else
        guests_.try_emplace(c->number, guest{c, std::move(done)});
    return !refused;
}

HUBBUB_DECL waiting_room::done_type waiting_room::take(member const& c) {
    std::lock_guard const lock(mutex_);
    auto const found = guests_.extract(c.number);
    return found ? std::move(found.mapped().done) : done_type{};
}

HUBBUB_DECL waiting_room::done_type waiting_room::take_reachable(member const& c) {
    std::lock_guard const lock(mutex_);
    auto const found = guests_.find(c.number);
    if (found == guests_.end())
        return {};
    found->second.reachable = true;
    return outcome_ ? std::move(guests_.extract(found).mapped().done) : done_type{};
}

HUBBUB_DECL std::vector<waiting_room::guest> waiting_room::open(std::error_code outcome) {
    std::vector<guest> refused; // what they hold is a user's, and destroyed without the lock
    std::lock_guard const lock(mutex_);
    if (!outcome_ || outcome)
        outcome_ = outcome;
    std::vector<guest> leaving;
    for (auto at = guests_.begin(); at != guests_.end();) {
        if (!outcome && !at->second.reachable) {
            ++at;
            continue;
        }
        if (outcome)
            at->second.done(outcome);
        (outcome ? refused : leaving).push_back(std::move(at->second));
        at = guests_.erase(at);
    }
    return leaving;
}

HUBBUB_DECL member_list waiting_room::guests() const {
    std::lock_guard const lock(mutex_);
    member_list all;
    for (auto const& [number, g] : guests_)
        all.push_back(g.who);
    return all;
}

} // namespace hubbub::detail
