// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/redis/link_watch.hpp>

#include <chrono>
#include <cstddef>
#include <system_error>
#include <utility>

namespace hubbub::detail {

HUBBUB_DECL void link_watch::ready(link_role role, redis::time_point now) {
    ready_at(role) = true;
    if (!ready_[0] || !ready_[1] || !change(link_state::down, link_state::whole))
        return;
    told_ = {};
    auto const away = lost_ ? now - *lost_ : redis::clock::duration{0};
    if (lost_)
        ledger_->link_returned(now);
    observers_->notify(link_up{std::chrono::duration_cast<std::chrono::milliseconds>(away)});
}

HUBBUB_DECL void link_watch::retry(link_role role, std::error_code reason, unsigned attempt,
                                   std::chrono::milliseconds wait, redis::time_point now) {
    auto const index = static_cast<std::size_t>(role);
    ready_[index] = false;
    bool const told = std::exchange(told_[index], false);
    if (change(link_state::whole, link_state::down)) {
        lost_ = now;
        told_[1 - index] = true;
        ledger_->link_fell(now);
        observers_->notify(link_lost{reason});
    } else if (state() == link_state::down && !told &&
               (role == link_role::receiving || ready_at(link_role::receiving))) {
        // One story for two links that fall and fail alike.
        observers_->notify(link_retry{reason, attempt, wait});
    }
}

HUBBUB_DECL bool link_watch::fail(std::error_code reason) {
    if (!change(link_state::whole, link_state::failed) &&
        !change(link_state::down, link_state::failed))
        return false;
    ledger_->link_ended(redis::clock::now());
    observers_->notify(link_failed{reason});
    return true;
}

HUBBUB_DECL bool link_watch::close() noexcept {
    if (state_.exchange(link_state::closed) == link_state::closed)
        return false;
    ledger_->link_ended(redis::clock::now());
    return true;
}

HUBBUB_DECL bool link_watch::change(link_state from, link_state to) noexcept {
    return state_.compare_exchange_strong(from, to);
}

} // namespace hubbub::detail
