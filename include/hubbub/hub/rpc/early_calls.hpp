// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/error.hpp>

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

namespace hubbub::detail {

/// Calls of all servers that wait until these have met: one queue, so that none overtakes another.
/// It is busy from its first call until whoever takes them out finds no more.
///
/// Thread safety: all functions, from any thread. It runs no user code.
template <class Invocation>
class early_calls {
public:
    /// Keeps so many; 0: no limit.
    explicit early_calls(std::size_t at_most) : at_most_(at_most) {}

    /// Keeps a call. It is the first if the queue was not busy: then whoever adds it has the calls
    /// taken out. Errors: queue_full.
    std::error_code add(Invocation what, bool& first) {
        std::lock_guard const lock(mutex_);
        if (at_most_ != 0 && calls_.size() >= at_most_)
            return errc::queue_full;
        calls_.push_back(std::move(what));
        first = !std::exchange(busy_, true);
        return {};
    }

    bool busy() const {
        std::lock_guard const lock(mutex_);
        return busy_;
    }

    std::size_t size() const {
        std::lock_guard const lock(mutex_);
        return calls_.size();
    }

    /// The oldest, if there is one.
    std::optional<Invocation> take() {
        std::lock_guard const lock(mutex_);
        if (calls_.empty())
            return {};
        std::optional<Invocation> oldest(std::move(calls_.front()));
        calls_.pop_front();
        return oldest;
    }

    /// Those taken are told. True if there are more by now; else it is not busy any more.
    bool go_on() {
        std::lock_guard const lock(mutex_);
        return busy_ = !calls_.empty();
    }

private:
    std::size_t const at_most_;
    mutable std::mutex mutex_; // guards what follows
    std::deque<Invocation> calls_;
    bool busy_ = false;
};

} // namespace hubbub::detail
