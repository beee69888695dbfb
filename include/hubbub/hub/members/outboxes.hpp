// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/hub/calls/hooks.hpp>
#include <hubbub/hub/calls/shared_call.hpp>
#include <hubbub/hub/members/mailbox.hpp>
#include <hubbub/hub/members/member.hpp>
#include <hubbub/hub/members/roster.hpp>
#include <hubbub/hub/outbox.hpp>

#include <atomic>
#include <cstddef>
#include <vector>

namespace hubbub::detail {

/// Ends connections.
class connection_ender {
public:
    /// Ends a connection, once. Any thread.
    virtual void disconnect(member_ptr const& c, close_reason why) = 0;

protected:
    ~connection_ender() = default;
};

/// Keeps the outboxes of one server within their bounds, each and all together.
///
/// Thread safety: all functions, from any thread.
/// Complexity:    constant for a call, but linear in the connections once for each eighth of the budget
///                that comes in when it is used up.
class outboxes {
public:
    /// All of these outlive it.
    outboxes(std::size_t budget, roster const& all, hub_hooks const& hooks, connection_ender& ender)
        : budget_(budget), all_(&all), hooks_(&hooks), ender_(&ender) {}

    /// A connection that is read. It is to end before this does.
    member_ptr make_reader(outbox_options const& options);

    /// Calls a connection, or puts the call into its outbox; after the last one of a call
    /// keep_budget is to follow. False if its handler threw, which is told to the hub's owner.
    bool call(member_ptr const& c, shared_call const& what);

    /// Beyond the budget an eighth of it is made free, so that this comes seldom: those that hold
    /// most lose what they hold above one level, the largest first. A connection that is ended
    /// loses all.
    void keep_budget();

    /// How many connections were looked at so far, to keep the budget.
    std::size_t looked_at() const noexcept { return looked_at_; }

private:
    struct holder {
        std::size_t bytes;
        member_ptr who;
    };

    /// Puts a call into a connection's outbox.
    void put(member_ptr const& c, mailbox& mail, shared_call const& what);
    /// False if nobody holds anything.
    bool relieve();
    /// The outboxes that hold anything, the largest first.
    std::vector<holder> holders();
    /// How much each may keep, so that excess is taken from all together.
    static std::size_t level_of(std::vector<holder> const& all, std::size_t excess);
    void report(member const& c, std::size_t dropped) const;

    std::size_t const budget_;
    roster const* const all_;
    hub_hooks const* const hooks_;
    connection_ender* const ender_;
    std::atomic<std::size_t> bytes_ = 0;
    std::atomic<bool> relieving_ = false;
    std::atomic<std::size_t> looked_at_ = 0;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/members/impl/outboxes.ipp>
#endif
