// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/base/timer.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/error.hpp>
#include <hubbub/statistics.hpp>

#include <chrono>
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

    /// Calls finish(timed_out) after that time, unless it has ended.
    template <class Finish>
    void start(std::chrono::milliseconds at_most, Finish finish) {
        deadline_.expires_after(at_most);
        deadline_.async_wait([finish = std::move(finish)](std::error_code aborted) {
            if (!aborted)
                finish(errc::timed_out);
        });
    }

    bool ended() const noexcept { return !done_; }

    void end_as_closed();

    /// Says what was not delivered of what the transport had then: what was lost since, and what
    /// still waits. abandoned: what sinks had in their queues.
    void end(std::error_code error, statistics const& of_transport, std::uint64_t abandoned);

private:
    static std::uint64_t lost(statistics const& s) noexcept {
        return s.unknown + s.discarded + s.displaced;
    }
    static std::uint64_t ended(statistics const& s) noexcept { return lost(s) + s.confirmed; }

    timer deadline_;
    completion_type done_;
    statistics const before_;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/flow/impl/draining.ipp>
#endif
