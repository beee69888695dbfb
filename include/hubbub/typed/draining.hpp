// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
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
             completion_type done);

    bool ended() const noexcept { return !done_; }

    void end_as_closed() { done_(errc::closed, 0); }

    /// abandoned: what sinks had in their queues.
    void end(std::error_code error, statistics const& of_transport, std::uint64_t abandoned);

    timer deadline;

private:
    static std::uint64_t lost(statistics const& s) noexcept {
        return s.unknown + s.discarded + s.displaced;
    }

    completion_type done_;
    std::uint64_t lost_before_;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/typed/impl/draining.ipp>
#endif
