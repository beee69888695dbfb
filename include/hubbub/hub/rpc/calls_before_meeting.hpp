// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/hub/calls/shared_call.hpp>

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <system_error>

namespace hubbub::detail {

/// Calls of all servers that wait until these have met: one queue, so that none overtakes another.
/// It is busy from its first call until whoever takes them out finds no more.
///
/// Thread safety: all functions, from any thread. It runs no user code.
class calls_before_meeting {
public:
    /// Keeps at_most calls; 0: no limit.
    explicit calls_before_meeting(std::size_t at_most) : at_most_(at_most) {}

    /// Keeps a call. It is the first if the queue was not busy: then whoever adds it has the calls
    /// taken out. Errors: queue_full.
    std::error_code add(shared_call what, bool& first);

    bool busy() const;
    std::size_t size() const;

    /// The oldest, if there is one.
    std::optional<shared_call> take();

    /// The calls that were taken are sent. True if there are more by now; else it is not busy any
    /// more.
    bool go_on();

private:
    std::size_t const at_most_;
    mutable std::mutex mutex_; // guards what follows
    std::deque<shared_call> calls_;
    bool busy_ = false;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/rpc/impl/calls_before_meeting.ipp>
#endif
