// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/base/timer.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/error.hpp>

#include <asio/error.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <system_error>
#include <utility>

namespace hubbub::detail {

/// Waits until all connections have left, and those that have not left in time are ended. Any thread.
class farewell : public std::enable_shared_from_this<farewell> {
public:
    explicit farewell(asio::any_io_executor const& executor) : timer_(executor) {}

    /// Completes done when left says that nobody is there, or with an error. At the deadline
    /// end_rest is called, which must end those that are there. False if it waits already.
    bool begin(std::chrono::milliseconds at_most, completion<std::error_code> done,
               std::function<void()> end_rest) {
        std::lock_guard const lock(mutex_);
        if (done_) {
            done(asio::error::already_started);
            return false;
        }
        done_ = std::move(done);
        late_ = {};
        timer_.expires_after(at_most);
        timer_.async_wait([weak = weak_from_this(), end_rest = std::move(end_rest)](auto error) {
            if (auto const self = weak.lock(); self && !error && self->is_late())
                end_rest();
        });
        return true;
    }

    /// So many are there still, or have an end that is not told yet.
    void left(std::size_t present) {
        if (present == 0)
            end({});
    }

    void end(std::error_code outcome) {
        std::lock_guard const lock(mutex_);
        if (!done_)
            return;
        timer_.cancel();
        std::exchange(done_, {})(outcome ? outcome : late_);
    }

private:
    /// False if it does not wait any more.
    bool is_late() {
        std::lock_guard const lock(mutex_);
        late_ = errc::timed_out;
        return static_cast<bool>(done_);
    }

    std::mutex mutex_; // guards what follows
    timer timer_;
    completion<std::error_code> done_;
    std::error_code late_; // timed_out, after the deadline
};

} // namespace hubbub::detail
