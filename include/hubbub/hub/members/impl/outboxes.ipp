// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/members/outboxes.hpp>

#include <hubbub/error.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace hubbub::detail {

HUBBUB_DECL member_ptr outboxes::make_reader(outbox_options const& options) {
    return std::make_shared<read_member>(options, bytes_);
}

HUBBUB_DECL bool outboxes::call(member_ptr const& c, shared_call const& what) {
    if (auto* const mail = c->mail()) {
        put(c, *mail, what);
        return true;
    }
    try {
        c->call(what);
        return true;
    } catch (...) { // whatever a handler throws
        hooks_->notify(client_handler_failed{c->id, what.method(), std::current_exception()});
        return false;
    }
}

HUBBUB_DECL void outboxes::keep_budget() {
    struct end_of_turn {
        std::atomic<bool>& relieving;
        ~end_of_turn() { relieving = false; }
    };
    while (bytes_ > budget_ && !relieving_.exchange(true)) { // who is at it sees to this, too
        end_of_turn const at_end{relieving_};
        if (!relieve())
            return;
    }
}

HUBBUB_DECL void outboxes::put(member_ptr const& c, mailbox& mail, shared_call const& what) {
    auto const result = mail.push(what);
    report(*c, result.dropped.size());
    if (result.ends)
        ender_->disconnect(c, {errc::slow_consumer});
}

HUBBUB_DECL bool outboxes::relieve() {
    auto const all = holders();
    std::size_t const total = bytes_;
    std::size_t const enough = budget_ - budget_ / 8;
    if (total <= enough)
        return true;
    auto const level = level_of(all, total - enough);
    for (auto const& [bytes, who] : all) {
        if (bytes_ <= enough || bytes <= level)
            break;
        auto& mail = *who->mail();
        bool const ends = mail.when_full() == overflow_policy::disconnect;
        auto const too_much = std::min<std::size_t>(bytes - level, bytes_ - enough);
        auto const dropped = ends ? mail.give_up() : mail.shed(too_much);
        report(*who, dropped.size());
        if (ends)
            ender_->disconnect(who, {errc::slow_consumer});
    }
    return !all.empty();
}

HUBBUB_DECL std::vector<outboxes::holder> outboxes::holders() {
    std::vector<holder> found;
    auto const all = all_->members();
    looked_at_ += all.size();
    for (auto const& c : all)
        if (auto const bytes = c->mail() != nullptr ? c->mail()->bytes() : 0; bytes != 0)
            found.push_back({bytes, c});
    std::sort(found.begin(), found.end(), [](holder const& a, holder const& b) {
        return a.bytes != b.bytes ? a.bytes > b.bytes : connected_before(a.who, b.who);
    });
    return found;
}

HUBBUB_DECL std::size_t outboxes::level_of(std::vector<holder> const& all, std::size_t excess) {
    std::size_t held = 0; // by those above the level
    for (std::size_t i = 0; i < all.size(); ++i) {
        held += all[i].bytes;
        std::size_t const next = i + 1 < all.size() ? all[i + 1].bytes : 0;
        if (held >= excess && (held - excess) / (i + 1) >= next)
            return (held - excess) / (i + 1);
    }
    return 0;
}

HUBBUB_DECL void outboxes::report(member const& c, std::size_t dropped) const {
    if (dropped != 0)
        hooks_->notify(calls_dropped{c.id, dropped});
}

} // namespace hubbub::detail
