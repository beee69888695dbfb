// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/event.hpp>
#include <hubbub/flow/observers.hpp>
#include <hubbub/flow/publish_ledger.hpp>
#include <hubbub/redis/lifecycle.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <system_error>
#include <utility>

namespace hubbub::detail {

/// Which of a transport's two links.
enum class link_role { publishing, receiving };

/// Makes one state and one story for the application out of what happens on two links.
///
/// state may be called from any thread, all else on the links' executor.
class link_watch {
public:
    link_watch(observers const& o, publish_ledger& ledger) : observers_(&o), ledger_(&ledger) {}

    link_state state() const noexcept { return state_.load(std::memory_order_acquire); }

    /// This link is up, and has all that it is to have.
    void ready(link_role role, redis::time_point now) {
        ready_at(role) = true;
        if (!ready_[0] || !ready_[1] || !change(link_state::down, link_state::whole))
            return;
        told_ = {};
        auto const away = lost_ ? now - *lost_ : redis::clock::duration{0};
        if (lost_)
            ledger_->link_returned(now);
        observers_->notify(link_whole{std::chrono::duration_cast<std::chrono::milliseconds>(away)});
    }

    /// This link fell, or could not be made, and is tried again after wait.
    void retry(link_role role, std::error_code reason, unsigned attempt,
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

    /// The transport has given up. True the first time, unless it was closed before.
    bool fail(std::error_code reason) {
        if (!change(link_state::whole, link_state::failed) &&
            !change(link_state::down, link_state::failed))
            return false;
        ledger_->link_ended(redis::clock::now());
        observers_->notify(link_failed{reason});
        return true;
    }

    /// From any thread. False if it was closed before.
    bool close() noexcept {
        if (state_.exchange(link_state::closed) == link_state::closed)
            return false;
        ledger_->link_ended(redis::clock::now());
        return true;
    }

private:
    /// False if the state is another one: it may have been closed meanwhile, on another thread.
    bool change(link_state from, link_state to) noexcept {
        return state_.compare_exchange_strong(from, to);
    }

    bool& ready_at(link_role role) noexcept { return ready_[static_cast<std::size_t>(role)]; }

    observers const* observers_;
    publish_ledger* ledger_;
    std::atomic<link_state> state_ = link_state::down;
    std::array<bool, 2> ready_{};
    std::array<bool, 2> told_{}; // the other link's fall was, and this one's is the same story
    std::optional<redis::time_point> lost_;
};

} // namespace hubbub::detail
