// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/error.hpp>
#include <hubbub/hub/core/hooks.hpp>
#include <hubbub/hub/invocation.hpp>
#include <hubbub/hub/members/mailbox.hpp>
#include <hubbub/hub/members/member.hpp>
#include <hubbub/hub/members/roster.hpp>
#include <hubbub/hub/outbox.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace hubbub::detail {

/// Keeps the outboxes of one server within their bounds, each and all together.
///
/// Thread safety: all functions, from any thread.
/// Complexity:    constant for a call, but linear in the connections once for each eighth of the budget
///                that comes in when it is used up.
template <class Bus>
class outboxes {
public:
    using invocation_type = invocation<typename Bus::serializer_type>;
    /// Ends a connection that is too slow.
    using ender = std::function<void(member_ptr<Bus> const&)>;

    outboxes(std::size_t budget, roster<Bus> const& all, hub_hooks const& hooks, ender end)
        : budget_(budget), all_(&all), hooks_(&hooks), end_(std::move(end)) {}

    /// A connection that is read. It is to end before this does.
    member_ptr<Bus> make_reader(outbox_options const& options) const {
        return std::make_shared<read_member<Bus>>(options, bytes_);
    }

    /// Calls a connection, or puts the call into its outbox; after the last one of a call keep_budget
    /// is to follow. False if its outlet threw, which is told to the hub's owner.
    bool call(member_ptr<Bus> const& c, invocation_type const& what) const {
        if (c->mail) {
            put(c, what);
            return true;
        }
        try {
            static_cast<called_member<Bus> const&>(*c).out(what); // as it has no mailbox
            return true;
        } catch (...) { // whatever an outlet throws
            hooks_->notify(outlet_failed{c->id, what.method(), std::current_exception()});
            return false;
        }
    }

    /// Beyond the budget an eighth of it is made free, so that this comes seldom: those that hold most
    /// lose what they hold above one level, the largest first. Who is ended at that loses all.
    void keep_budget() const {
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

    /// How many connections were looked at so far, to keep the budget.
    std::size_t looked_at() const noexcept { return looked_at_; }

private:
    struct holder {
        std::size_t bytes;
        member_ptr<Bus> who;
    };

    /// Puts a call into a connection's outbox.
    void put(member_ptr<Bus> const& c, invocation_type const& what) const {
        auto const result = c->mail->push(what, what.size());
        report(*c, result.dropped.size());
        if (result.ends)
            end_(c);
    }

    /// False if nobody holds anything.
    bool relieve() const {
        auto const all = holders();
        std::size_t const total = bytes_;
        std::size_t const enough = budget_ - budget_ / 8;
        if (total <= enough)
            return true;
        auto const level = level_of(all, total - enough);
        for (auto const& [bytes, who] : all) {
            if (bytes_ <= enough || bytes <= level)
                break;
            bool const ends = who->mail->when_full() == overflow::disconnect;
            auto const too_much = std::min<std::size_t>(bytes - level, bytes_ - enough);
            auto const dropped = ends ? who->mail->give_up() : who->mail->shed(too_much);
            report(*who, dropped.size());
            if (ends)
                end_(who);
        }
        return !all.empty();
    }

    /// Those that hold anything, the largest first.
    std::vector<holder> holders() const {
        std::vector<holder> found;
        auto const all = all_->members();
        looked_at_ += all.size();
        for (auto const& c : all)
            if (auto const bytes = c->mail ? c->mail->bytes() : 0; bytes != 0)
                found.push_back({bytes, c});
        std::sort(found.begin(), found.end(), [](holder const& a, holder const& b) {
            return a.bytes != b.bytes ? a.bytes > b.bytes : connected_before<Bus>(a.who, b.who);
        });
        return found;
    }

    /// What each may keep, that so much is taken from all together.
    static std::size_t level_of(std::vector<holder> const& all, std::size_t excess) {
        std::size_t held = 0; // by those above the level
        for (std::size_t i = 0; i < all.size(); ++i) {
            held += all[i].bytes;
            std::size_t const next = i + 1 < all.size() ? all[i + 1].bytes : 0;
            if (held >= excess && (held - excess) / (i + 1) >= next)
                return (held - excess) / (i + 1);
        }
        return 0;
    }

    void report(member<Bus> const& c, std::size_t dropped) const {
        if (dropped != 0)
            hooks_->notify(calls_dropped{c.id, dropped});
    }

    std::size_t const budget_;
    roster<Bus> const* const all_;
    hub_hooks const* const hooks_;
    ender const end_;
    std::atomic<std::size_t> mutable bytes_ = 0;
    std::atomic<bool> mutable relieving_ = false;
    std::atomic<std::size_t> mutable looked_at_ = 0;
};

} // namespace hubbub::detail
