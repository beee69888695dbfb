// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/detail/asio.hpp>
#include <hubbub/detail/completion.hpp>
#include <hubbub/detail/timer.hpp>
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

/// Waits until all connections have left, for so long at most. Any thread.
class farewell : public std::enable_shared_from_this<farewell> {
public:
    explicit farewell(asio::any_io_executor const& executor) : timer_(executor) {}

    /// Completes done when left says that nobody is there, or with an error. At the deadline
    /// end_rest, which must end those that are there, is called first. False if it waits already.
    bool begin(std::chrono::milliseconds at_most, completion<std::error_code> done,
               std::function<void()> end_rest) {
        std::lock_guard const lock(mutex_);
        if (done_) {
            done(asio::error::already_started);
            return false;
        }
        done_ = std::move(done);
        timer_.expires_after(at_most);
        timer_.async_wait([weak = weak_from_this(), end_rest = std::move(end_rest)](auto error) {
            auto const self = weak.lock();
            if (!self || error)
                return;
            auto late = self->take(); // before those that end say that nobody is left
            if (!late)
                return;
            end_rest();
            late(errc::timed_out);
        });
        return true;
    }

    /// So many are there still.
    void left(std::size_t present) {
        if (present == 0)
            end({});
    }

    void end(std::error_code outcome) { take()(outcome); }

private:
    completion<std::error_code> take() {
        std::lock_guard const lock(mutex_);
        if (done_)
            timer_.cancel();
        return std::exchange(done_, {});
    }

    std::mutex mutex_; // guards what follows
    timer timer_;
    completion<std::error_code> done_;
};

} // namespace hubbub::detail
