// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/completion.hpp>

#include <asio/error.hpp>
#include <asio/execution_context.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <system_error>
#include <utility>

namespace hubbub::detail {

/// The time of an execution context that a test moves, and chance that is the same in each run: a
/// service of the context, which is there only where a test has put it (testing/virtual_time.hpp).
/// Thread safety: all functions, from any thread.
class virtual_clock : public asio::execution_context::service {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using waiter = completion<std::error_code>;

    static inline asio::execution_context::id id; // by which Asio knows the service

    explicit virtual_clock(asio::execution_context& context) : service(context) {}

    /// That of the executor's context; null if it has none. Searches the context's services.
    static virtual_clock* of(asio::any_io_executor const& executor) {
        auto& context = asio::query(executor, asio::execution::context);
        return asio::has_service<virtual_clock>(context)
                   ? &asio::use_service<virtual_clock>(context)
                   : nullptr;
    }

    time_point now() const {
        std::lock_guard const lock(mutex_);
        return now_;
    }

    /// 64 bits that look random.
    std::uint64_t draw() {
        std::lock_guard const lock(mutex_);
        return chance_();
    }

    /// Completes done at the time given, at once if it has come. owner is what cancel names.
    void wait(void const* owner, time_point until, waiter done) {
        std::lock_guard const lock(mutex_);
        if (until <= now_)
            return done({});
        waiting_.emplace(until, wait_of{owner, std::move(done)});
    }

    /// Ends the waits of this owner as aborted.
    void cancel(void const* owner) {
        std::lock_guard const lock(mutex_);
        for (auto at = waiting_.begin(); at != waiting_.end();) {
            auto const entry = at++;
            if (entry->second.owner != owner)
                continue;
            entry->second.done(asio::error::operation_aborted);
            waiting_.erase(entry);
        }
    }

    /// When the next wait ends.
    std::optional<time_point> next() const {
        std::lock_guard const lock(mutex_);
        return waiting_.empty() ? std::nullopt : std::optional(waiting_.begin()->first);
    }

    /// Sets the time forward, and completes what is due, in the order of the times waited for.
    void advance(time_point to) {
        std::lock_guard const lock(mutex_);
        now_ = to;
        while (!waiting_.empty() && waiting_.begin()->first <= now_) {
            waiting_.begin()->second.done({});
            waiting_.erase(waiting_.begin());
        }
    }

private:
    struct wait_of {
        void const* owner;
        waiter done;
    };

    void shutdown() override {
        std::multimap<time_point, wait_of>
            abandoned; // destroyed after the lock: handlers are user code
        std::lock_guard const lock(mutex_);
        abandoned.swap(waiting_);
    }

    mutable std::mutex mutex_; // guards what follows
    time_point now_{std::chrono::hours(1)};
    std::mt19937_64 chance_;
    std::multimap<time_point, wait_of> waiting_;
};

} // namespace hubbub::detail
