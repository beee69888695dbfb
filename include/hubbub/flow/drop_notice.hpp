// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/event.hpp>

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace hubbub::detail {

/// Tells of drops once for a whole burst. Any thread.
class drop_notice {
public:
    /// One more was dropped. Has tell(message_dropped const&) called on executor, unless it is to be
    /// called already; tell keeps this object alive.
    template <class Tell>
    void add(asio::any_io_executor const& executor, std::string_view topic, Tell tell) {
        std::lock_guard const lock(mutex_);
        topic_ = topic;
        if (++count_ > 1)
            return;
        asio::post(executor, [this, tell = std::move(tell)] {
            std::unique_lock taking(mutex_);
            auto const last = std::exchange(topic_, {});
            auto const count = std::exchange(count_, 0);
            taking.unlock();
            tell(message_dropped{last, count});
        });
    }

private:
    std::mutex mutex_; // guards what follows: what was dropped and is not told yet
    std::string topic_;
    std::uint64_t count_ = 0;
};

} // namespace hubbub::detail
