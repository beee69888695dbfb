// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <list>
#include <optional>
#include <utility>

namespace hubbub {

/// What happens to a call for a connection whose outbox is full.
enum class overflow {
    /// The oldest that wait are dropped for it.
    drop_oldest,
    /// It is dropped.
    drop_newest,
    /// Of the calls of one method only the latest waits, full or not; beyond that as drop_oldest.
    latest_per_method,
    /// The connection is ended, as slow_consumer.
    disconnect,
};

/// What may wait for one connection to be read.
struct outbox_options {
    std::size_t max_messages = 1000;
    /// In bytes of the arguments' encoding, and the method's name. A single call that is larger
    /// waits alone.
    std::size_t max_bytes = std::size_t{1} << 20;
    overflow when_full = overflow::disconnect;
};

namespace detail {

/// The calls that wait for one connection. It has no lock.
/// Complexity: O(1) a call; latest_per_method is linear in what waits. Empty it takes no memory.
template <class Message>
class outbox {
public:
    explicit outbox(outbox_options const& options) : options_(options) {}

    struct pushed {
        /// How many were dropped, the new one among them if it was.
        std::size_t dropped = 0;
        /// The connection is to be ended.
        bool ends = false;
    };

    /// size is that of the message in bytes.
    pushed push(Message message, std::size_t size) {
        pushed result;
        if (options_.when_full == overflow::latest_per_method)
            result.dropped += drop_method(message);
        if (full(size)) {
            if (options_.when_full == overflow::disconnect)
                return {1, true};
            if (options_.when_full == overflow::drop_newest)
                return {1, false};
            for (; full(size); ++result.dropped)
                pop();
        }
        waiting_.push_back({std::move(message), size});
        bytes_ += size;
        return result;
    }

    std::optional<Message> pop() {
        if (waiting_.empty())
            return {};
        auto first = std::move(waiting_.front());
        waiting_.pop_front();
        bytes_ -= first.size;
        return std::move(first.message);
    }

    std::size_t clear() {
        bytes_ = 0;
        return std::exchange(waiting_, {}).size();
    }

    std::size_t bytes() const noexcept { return bytes_; }
    bool empty() const noexcept { return waiting_.empty(); }
    outbox_options const& options() const noexcept { return options_; }

private:
    struct entry {
        Message message;
        std::size_t size;
    };

    bool full(std::size_t more) const noexcept {
        return !waiting_.empty() &&
               (waiting_.size() >= options_.max_messages || bytes_ + more > options_.max_bytes);
    }

    std::size_t drop_method(Message const& newer) {
        auto const old = std::find_if(waiting_.begin(), waiting_.end(), [&](entry const& e) {
            return e.message.method() == newer.method();
        });
        if (old == waiting_.end())
            return 0;
        bytes_ -= old->size;
        waiting_.erase(old);
        return 1;
    }

    outbox_options options_;
    std::size_t bytes_ = 0;
    std::list<entry> waiting_;
};

} // namespace detail
} // namespace hubbub
