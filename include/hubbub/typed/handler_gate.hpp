// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <hubbub/base/config.hpp>
#include <mutex>
#include <thread>
#include <vector>

namespace hubbub::detail {

/// Delays ~bus until handlers on other threads have left the transport, which may end with the bus. Any
/// thread.
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
    void shut();

private:
    bool enter();

    void leave();

    std::mutex mutex_; // guards what follows
    std::condition_variable left_;
    std::vector<std::thread::id> inside_;
    bool shut_ = false;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/typed/impl/handler_gate.ipp>
#endif
