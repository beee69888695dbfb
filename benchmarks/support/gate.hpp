// SPDX-License-Identifier: MIT
#pragma once

#include "watch.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace bench {

/// Keeps a publisher that blocks at most so many chunks ahead of the receiver.
class gate {
public:
    gate(std::uint64_t window, std::shared_ptr<watch> run)
        : window_(window), run_(std::move(run)) {}

    /// The publisher, before a chunk. Errors: throws what watch::check does.
    void enter() {
        wait_for_at_most(window_ - 1);
        std::lock_guard const lock(mutex_);
        ++inside_;
    }

    /// The receiver, after a chunk.
    void leave() {
        std::lock_guard const lock(mutex_);
        --inside_;
        changed_.notify_one();
    }

    /// The publisher, after the last chunk. Errors: throws what watch::check does.
    void wait_until_empty() { wait_for_at_most(0); }

private:
    void wait_for_at_most(std::uint64_t chunks) {
        auto const begin = std::chrono::steady_clock::now();
        std::unique_lock lock(mutex_);
        while (!changed_.wait_for(lock, std::chrono::milliseconds(100),
                                  [&] { return inside_ <= chunks; })) {
            lock.unlock();
            run_->check();
            if (std::chrono::steady_clock::now() - begin > watch::patience)
                throw failure(watch::nothing_came());
            lock.lock();
        }
        lock.unlock();
        run_->check(); // what came last may have been wrong
    }

    std::uint64_t const window_;
    std::shared_ptr<watch> run_;
    std::mutex mutex_; // guards what follows
    std::condition_variable changed_;
    std::uint64_t inside_ = 0;
};

} // namespace bench
