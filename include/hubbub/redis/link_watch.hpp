// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/event.hpp>
#include <hubbub/flow/observers.hpp>
#include <hubbub/flow/publish_ledger.hpp>
#include <hubbub/redis/clock.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <system_error>

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
    void ready(link_role role, redis::time_point now);

    /// This link fell, or could not be made, and is tried again after wait.
    void retry(link_role role, std::error_code reason, unsigned attempt,
               std::chrono::milliseconds wait, redis::time_point now);

    /// The transport has given up. True the first time, unless it was closed before.
    bool fail(std::error_code reason);

    /// From any thread. False if it was closed before.
    bool close() noexcept;

private:
    /// False if the state is another one: it may have been closed meanwhile, on another thread.
    bool change(link_state from, link_state to) noexcept;

    bool& ready_at(link_role role) noexcept { return ready_[static_cast<std::size_t>(role)]; }

    observers const* observers_;
    publish_ledger* ledger_;
    std::atomic<link_state> state_ = link_state::down;
    std::array<bool, 2> ready_{};
    std::array<bool, 2> told_{}; // the other link's fall was, and this one's is the same story
    std::optional<redis::time_point> lost_;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/redis/impl/link_watch.ipp>
#endif
