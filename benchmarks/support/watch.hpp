// SPDX-License-Identifier: MIT
#pragma once

#include "program.hpp"

#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>

namespace bench {

/// Where a run stands. Any thread tells it; the one that began the run waits for its end.
class watch {
public:
    static constexpr std::chrono::seconds patience{10};

    static std::string nothing_came() {
        return fmt::format("messages are missing: nothing came for {} s", patience.count());
    }

    /// Something arrived.
    void advance() {
        std::lock_guard const lock(mutex_);
        ++steps_;
    }

    void finish() {
        std::lock_guard const lock(mutex_);
        finished_ = true;
        changed_.notify_all();
    }

    /// The first reason counts.
    void fail(std::string reason) {
        std::lock_guard const lock(mutex_);
        if (reason_.empty())
            reason_ = std::move(reason);
        changed_.notify_all();
    }

    /// Errors: throws failure, interruption.
    void check() {
        check_interruption();
        std::lock_guard const lock(mutex_);
        if (!reason_.empty())
            throw failure(reason_);
    }

    /// Errors: throws failure, also if nothing arrives for long; interruption.
    void wait() {
        std::unique_lock lock(mutex_);
        auto seen = steps_;
        auto last = std::chrono::steady_clock::now();
        while (!finished_ && reason_.empty()) {
            changed_.wait_for(lock, std::chrono::milliseconds(100)); // a signal wakes nobody
            check_interruption();
            auto const now = std::chrono::steady_clock::now();
            if (std::exchange(seen, steps_) != steps_)
                last = now;
            else if (now - last > patience)
                throw failure(nothing_came());
        }
        if (!reason_.empty())
            throw failure(reason_);
    }

private:
    std::mutex mutex_; // guards what follows
    std::condition_variable changed_;
    std::uint64_t steps_ = 0;
    std::string reason_;
    bool finished_ = false;
};

} // namespace bench
