// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/base/timer.hpp>
#include <hubbub/completion.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <system_error>

namespace hubbub::detail {

/// Waits until all connections have left, and those that have not left in time are ended. Any
/// thread.
class drain_waiter : public std::enable_shared_from_this<drain_waiter> {
public:
    explicit drain_waiter(asio::any_io_executor const& executor) : timer_(executor) {}

    /// Completes done when left says that nobody is there, or with an error. At the deadline
    /// end_rest is called, which must end those that are there. False if it waits already.
    bool begin(std::chrono::milliseconds at_most, completion<std::error_code> done,
               std::function<void()> end_rest);

    /// Tells how many connections are there still, or have an end that is not reported yet.
    void left(std::size_t present);

    void end(std::error_code outcome);

private:
    /// False if it does not wait any more.
    bool is_late();

    std::mutex mutex_; // guards what follows
    timer timer_;
    completion<std::error_code> done_;
    std::error_code late_; // timed_out, after the deadline
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/members/impl/drain_waiter.ipp>
#endif
