// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/completion.hpp>
#include <hubbub/error.hpp>
#include <hubbub/hub/members/member.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace hubbub::detail {

/// Clients that wait to be let in: until the server is ready, and calls reach them. Whoever takes
/// one's completion out calls it, so that it is let in, or refused, or gives up.
///
/// Thread safety: all functions, from any thread. It runs no user code.
template <class Bus>
class waiting_room {
public:
    using done_type = completion<std::error_code>;

    struct guest {
        member_ptr<Bus> who;
        done_type done;
        bool reachable = false;
    };

    /// Lets it wait, if no more than at_most do; false: it is refused, and that completed.
    bool enter(member_ptr<Bus> const& c, done_type done, std::size_t at_most) {
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

    /// Empty if it does not wait any more.
    done_type take(member<Bus> const& c) {
        std::lock_guard const lock(mutex_);
        auto const found = guests_.extract(c.number);
        return found ? std::move(found.mapped().done) : done_type{};
    }

    /// Calls reach it now. Empty if there is more to wait for, or it does not wait any more.
    done_type take_reachable(member<Bus> const& c) {
        std::lock_guard const lock(mutex_);
        auto const found = guests_.find(c.number);
        if (found == guests_.end())
            return {};
        found->second.reachable = true;
        return outcome_ ? std::move(guests_.extract(found).mapped().done) : done_type{};
    }

    /// The server is ready, or will never be: then all that wait, and all that come, are refused so.
    /// Returns those that are reachable already. A second time only an error counts.
    std::vector<guest> open(std::error_code outcome) {
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

    /// All that wait.
    member_list<Bus> guests() const {
        std::lock_guard const lock(mutex_);
        member_list<Bus> all;
        for (auto const& [number, g] : guests_)
            all.push_back(g.who);
        return all;
    }

private:
    mutable std::mutex mutex_; // guards what follows
    std::optional<std::error_code> outcome_;
    std::map<std::uint64_t, guest> guests_; // by the numbers of the members
};

} // namespace hubbub::detail
