// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hubbub::detail {

/// What was asked of servers and is not answered yet. It has no clock and no lock.
/// Complexity: logarithmic; take_of and take_silent are linear.
template <class Done>
class pending_calls {
public:
    using time_point = std::chrono::steady_clock::time_point;

    /// A number for a new call, which ends at its deadline at the latest; since is for take_silent.
    std::uint64_t begin(std::string server, time_point deadline, Done done,
                        std::uint64_t since = 0) {
        auto const number = ++last_;
        calls_.emplace(number, pending{std::move(server), deadline, std::move(done), since});
        deadlines_.emplace(deadline, number);
        return number;
    }

    /// The call of this number, if it is still waited for.
    std::optional<Done> take(std::uint64_t number) {
        auto call = calls_.extract(number);
        if (!call)
            return {};
        deadlines_.erase({call.mapped().deadline, number});
        return std::move(call.mapped().done);
    }

    /// Whether the call of this number is still waited for.
    bool waits(std::uint64_t number) const { return calls_.contains(number); }

    /// Those whose time is over, by their deadlines.
    std::vector<Done> take_expired(time_point now) {
        std::vector<Done> expired;
        while (!deadlines_.empty() && deadlines_.begin()->first <= now)
            expired.push_back(*take(deadlines_.begin()->second));
        return expired;
    }

    /// Those that this server was asked.
    std::vector<Done> take_of(std::string_view server) {
        return take_if([&](pending const& call) { return call.server == server; });
    }

    /// Those for which `is_silent(server, since)` holds.
    template <class IsSilent>
    std::vector<Done> take_silent(IsSilent is_silent) {
        return take_if([&](pending const& call) { return is_silent(call.server, call.since); });
    }

    std::vector<Done> take_all() { return take_expired(time_point::max()); }

    std::optional<time_point> next_deadline() const {
        return deadlines_.empty() ? std::optional<time_point>{} : deadlines_.begin()->first;
    }

private:
    struct pending {
        std::string server;
        time_point deadline;
        Done done;
        std::uint64_t since;
    };

    template <class Predicate>
    std::vector<Done> take_if(Predicate predicate) {
        std::vector<std::uint64_t> numbers;
        for (auto const& [number, call] : calls_)
            if (predicate(call))
                numbers.push_back(number);
        std::vector<Done> taken;
        for (auto const number : numbers)
            taken.push_back(*take(number));
        return taken;
    }

    std::uint64_t last_ = 0;
    std::map<std::uint64_t, pending> calls_;
    std::set<std::pair<time_point, std::uint64_t>> deadlines_;
};

} // namespace hubbub::detail
