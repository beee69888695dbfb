// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/timer.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/error.hpp>
#include <hubbub/statistics.hpp>

#include <cstdint>
#include <system_error>
#include <utility>

namespace hubbub::detail {

/// A drain under way, and what was lost since it began.
class draining {
public:
    using completion_type = completion<std::error_code, std::uint64_t>;

    draining(asio::any_io_executor const& executor, statistics const& of_transport,
             completion_type done)
        : deadline(executor), done_(std::move(done)), lost_before_(lost(of_transport)) {}

    bool ended() const noexcept { return !done_; }

    void end_as_closed() { done_(errc::closed, 0); }

    /// abandoned: what sinks had in their queues.
    void end(std::error_code error, statistics const& of_transport, std::uint64_t abandoned) {
        auto const undelivered = lost(of_transport) - lost_before_ + abandoned;
        if (!error && undelivered > 0)
            error = errc::outcome_unknown;
        done_(error, undelivered);
    }

    timer deadline;

private:
    static std::uint64_t lost(statistics const& s) noexcept {
        return s.unknown + s.discarded + s.displaced;
    }

    completion_type done_;
    std::uint64_t lost_before_;
};

} // namespace hubbub::detail
