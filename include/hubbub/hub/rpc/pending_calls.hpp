// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/hub/frames/answer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hubbub::detail {

/// The questions to servers that are not answered yet. It has no clock and no lock.
/// Complexity: logarithmic; take_of is linear in what that server was asked, take_silent in the
///             servers that were asked, and in what the silent ones were.
class pending_calls {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using done_type = completion<answer>;

    /// A number for a new call, which ends at its deadline at the latest; since is for take_silent.
    std::uint64_t begin(std::string server, time_point deadline, done_type done,
                        std::uint64_t since = 0);

    /// The call of this number, if it is still waited for.
    std::optional<done_type> take(std::uint64_t number);

    /// Whether the call of this number is still waited for.
    bool waits(std::uint64_t number) const { return calls_.contains(number); }

    /// Takes the calls whose time is over, by their deadlines.
    std::vector<done_type> take_expired(time_point now);

    /// Takes the calls that wait for this server.
    std::vector<done_type> take_of(std::string_view server);

    /// Takes the calls that wait for servers that are not alive and for which `is_silent(server,
    /// since)` holds.
    std::vector<done_type>
    take_silent(std::function<bool(std::string const&, std::uint64_t)> const& is_silent);

    std::vector<done_type> take_all() { return take_expired(time_point::max()); }

    std::optional<time_point> next_deadline() const;

private:
    struct pending {
        std::string server;
        time_point deadline;
        done_type done;
        std::uint64_t since;
    };

    std::vector<done_type> take_each(std::vector<std::uint64_t> const& numbers);

    std::uint64_t last_ = 0;
    std::map<std::uint64_t, pending> calls_;
    std::set<std::pair<time_point, std::uint64_t>> deadlines_;
    std::map<std::string, std::set<std::uint64_t>, std::less<>> by_server_;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/rpc/impl/pending_calls.ipp>
#endif
