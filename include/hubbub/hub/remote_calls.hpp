// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/detail/asio.hpp>
#include <hubbub/detail/completion.hpp>
#include <hubbub/detail/timer.hpp>
#include <hubbub/error.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <system_error>
#include <unordered_map>
#include <utility>

namespace hubbub::detail {

/// What was asked of other servers and is not answered yet; each with a time limit.
/// Thread safety: all functions, from any thread.
class remote_calls {
public:
    remote_calls(asio::any_io_executor executor, std::chrono::milliseconds limit)
        : shared_(std::make_shared<shared>()), executor_(std::move(executor)), time_(executor_),
          limit_(limit) {}

    /// A number for a new call; done completes with its answer, or timed_out.
    std::uint64_t begin(completion<std::error_code> done) {
        auto time_limit = std::make_unique<timer>(executor_, time_);
        time_limit->expires_after(limit_);
        std::lock_guard const lock(shared_->mutex);
        auto const number = ++shared_->last;
        time_limit->async_wait([weak = std::weak_ptr(shared_), number](std::error_code error) {
            if (auto const calls = weak.lock(); calls && !error)
                calls->finish(number, errc::timed_out);
        });
        shared_->pending.emplace(number, pending{std::move(done), std::move(time_limit)});
        return number;
    }

    /// The answer; too late it does nothing.
    void finish(std::uint64_t number, std::error_code error) { shared_->finish(number, error); }

    /// Ends all that wait.
    void close() {
        std::lock_guard const lock(shared_->mutex);
        for (auto& [number, call] : shared_->pending)
            call.done(errc::closed);
        shared_->pending.clear();
    }

private:
    struct pending {
        completion<std::error_code> done;
        std::unique_ptr<timer> time_limit;
    };

    struct shared {
        void finish(std::uint64_t number, std::error_code error) {
            std::lock_guard const lock(mutex);
            if (auto call = pending.extract(number))
                call.mapped().done(error);
        }

        std::mutex mutex; // guards what follows
        std::uint64_t last = 0;
        std::unordered_map<std::uint64_t, remote_calls::pending> pending;
    };

    std::shared_ptr<shared> shared_;
    asio::any_io_executor executor_;
    time_source time_;
    std::chrono::milliseconds limit_;
};

} // namespace hubbub::detail
