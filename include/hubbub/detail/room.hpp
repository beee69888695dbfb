// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/detail/completion.hpp>

#include <cstddef>
#include <deque>
#include <system_error>
#include <utility>

namespace hubbub::detail {

/// Who waits for room in a queue, in turn. The queue's lock guards it.
class room_waiters {
public:
    /// owner: for whom alone they may be ended.
    void add(std::size_t bytes, completion<std::error_code> done, void const* owner = nullptr) {
        waiting_.push_back({bytes, std::move(done), owner});
    }

    bool empty() const noexcept { return waiting_.empty(); }

    /// Completes those at the front for which there is room: fits(bytes) says so.
    template <class Fits>
    void notify(Fits fits) {
        notify(fits, [](std::size_t /*bytes*/, auto done) { done({}); });
    }

    /// The same, but hands their completions to next(bytes, done).
    template <class Fits, class Next>
    void notify(Fits fits, Next next) {
        while (!waiting_.empty() && fits(waiting_.front().bytes)) {
            auto front = std::move(waiting_.front());
            waiting_.pop_front();
            next(front.bytes, std::move(front.done));
        }
    }

    /// Ends all.
    void close(std::error_code error) {
        for (auto& w : std::exchange(waiting_, {}))
            w.done(error);
    }

    /// Ends those of one owner.
    void close(std::error_code error, void const* owner) {
        std::erase_if(waiting_, [&](waiter& w) {
            if (w.owner == owner)
                w.done(error);
            return w.owner == owner;
        });
    }

private:
    struct waiter {
        std::size_t bytes;
        completion<std::error_code> done;
        void const* owner;
    };

    std::deque<waiter> waiting_;
};

} // namespace hubbub::detail
