// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace hubbub::detail {

/// Who calls the transport of a bus in a handler, and not in a function of the bus: with the bus the
/// transport may end, which must wait for those on other threads. Any thread.
class handler_gate {
public:
    /// A handler's stay, during which shut waits; false if it comes too late.
    class stay {
    public:
        explicit stay(handler_gate& gate) : gate_(gate.enter() ? &gate : nullptr) {}
        stay(stay const&) = delete;
        stay& operator=(stay const&) = delete;
        ~stay() {
            if (gate_ != nullptr)
                gate_->leave();
        }

        explicit operator bool() const noexcept { return gate_ != nullptr; }

    private:
        handler_gate* gate_;
    };

    /// Lets nobody in any more, and waits until all others are out. The thread's own handler, which
    /// ends the bus then, is not waited for.
    void shut() {
        auto const self = std::this_thread::get_id();
        std::unique_lock lock(mutex_);
        shut_ = true;
        left_.wait(lock, [&] {
            return std::all_of(inside_.begin(), inside_.end(), [&](auto id) { return id == self; });
        });
    }

private:
    bool enter() {
        std::lock_guard const lock(mutex_);
        if (!shut_)
            inside_.push_back(std::this_thread::get_id());
        return !shut_;
    }

    void leave() {
        std::lock_guard const lock(mutex_);
        inside_.erase(std::find(inside_.begin(), inside_.end(), std::this_thread::get_id()));
        if (shut_)
            left_.notify_all();
    }

    std::mutex mutex_; // guards what follows
    std::condition_variable left_;
    std::vector<std::thread::id> inside_;
    bool shut_ = false;
};

} // namespace hubbub::detail
