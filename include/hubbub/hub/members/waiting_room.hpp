// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/hub/members/member.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>
#include <vector>

namespace hubbub::detail {

/// Clients that wait to be let in: until the server is ready, and calls reach them. The code that
/// takes a completion out calls it: the client is let in, is refused, or has given up.
///
/// Thread safety: all functions, from any thread. It runs no user code.
class waiting_room {
public:
    using done_type = completion<std::error_code>;

    struct guest {
        member_ptr who;
        done_type done;
        bool reachable = false;
    };

    /// Lets it wait, if no more than at_most do; false: it is refused, and that completed.
    bool enter(member_ptr const& c, done_type done, std::size_t at_most);

    /// Empty if it does not wait any more.
    done_type take(member const& c);

    /// Calls reach it now. Empty if there is more to wait for, or it does not wait any more.
    done_type take_reachable(member const& c);

    /// The server is ready, or will never be: then all that wait, and all that come, are refused
    /// so. Returns those that are reachable already. A second time only an error counts.
    std::vector<guest> open(std::error_code outcome);

    /// All that wait.
    member_list guests() const;

private:
    mutable std::mutex mutex_; // guards what follows
    std::optional<std::error_code> outcome_;
    std::map<std::uint64_t, guest> guests_; // by the numbers of the members
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/members/impl/waiting_room.ipp>
#endif
