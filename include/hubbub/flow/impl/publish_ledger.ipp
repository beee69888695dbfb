// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/flow/publish_ledger.hpp>

#include <utility>
#include <variant>

namespace hubbub::detail {

HUBBUB_DECL void publish_ledger::link_fell(clock::time_point now) noexcept {
    std::lock_guard const lock(mutex_);
    ++link_losses_;
    if (!link_ended_)
        fell_at_ = now;
}

HUBBUB_DECL void publish_ledger::link_returned(clock::time_point now) noexcept {
    std::lock_guard const lock(mutex_);
    ++reconnects_;
    end_outage(now);
}

HUBBUB_DECL void publish_ledger::link_ended(clock::time_point now) noexcept {
    std::lock_guard const lock(mutex_);
    link_ended_ = true;
    end_outage(now);
}

HUBBUB_DECL void publish_ledger::follow(event const& e, clock::time_point now) noexcept {
    if (std::holds_alternative<link_lost>(e))
        link_fell(now);
    if (auto const* const whole = std::get_if<link_up>(&e); whole && whole->away.count() > 0)
        link_returned(now);
    if (std::holds_alternative<link_failed>(e))
        link_ended(now);
}

HUBBUB_DECL statistics publish_ledger::read(clock::time_point now) const noexcept {
    statistics s;
    // The counts of messages that ended are read before those of messages that began: else queued
    // could be negative.
    s.refused = refused.get();
    s.confirmed = confirmed.get();
    s.unknown = unknown.get();
    s.discarded = discarded.get();
    s.displaced = displaced.get();
    s.published = published.get();
    s.queued = s.published - s.refused - s.confirmed - s.unknown - s.discarded - s.displaced;
    s.published_bytes = payload_bytes.get();
    s.dropped = dropped.get();
    s.cut_offs = cut_offs.get();
    std::lock_guard const lock(mutex_);
    s.link_losses = link_losses_;
    s.reconnects = reconnects_;
    auto const down = fell_at_ ? time_down_ + (now - *fell_at_) : time_down_;
    s.time_down = std::chrono::duration_cast<std::chrono::milliseconds>(down);
    return s;
}

HUBBUB_DECL void publish_ledger::end_outage(clock::time_point now) noexcept {
    if (auto const fell = std::exchange(fell_at_, std::nullopt))
        time_down_ += now - *fell;
}

} // namespace hubbub::detail
