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

    struct entry {
        Message message;
        std::size_t size;
    };
    /// They may be users' objects: to be destroyed with no lock held.
    using entries = std::list<entry>;

    struct pushed {
        /// The new one among them if it was.
        entries dropped = {};
        /// The connection is to be ended; then all were dropped.
        bool ends = false;
    };

    /// size is that of the message in bytes.
    pushed push(Message message, std::size_t size) {
        pushed result;
        if (options_.when_full == overflow::latest_per_method)
            drop_method(message, result.dropped);
        if (full(size)) {
            result.ends = options_.when_full == overflow::disconnect;
            if (result.ends)
                result.dropped = take_all();
            if (result.ends || options_.when_full == overflow::drop_newest) {
                result.dropped.push_back({std::move(message), size});
                return result;
            }
            while (full(size))
                drop(waiting_.begin(), result.dropped);
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

    /// Drops the oldest until so many bytes are free, or nothing is left.
    entries shed(std::size_t bytes) {
        entries dropped;
        for (auto const before = bytes_; before - bytes_ < bytes && !waiting_.empty();)
            drop(waiting_.begin(), dropped);
        return dropped;
    }

    entries take_all() {
        bytes_ = 0;
        return std::exchange(waiting_, {});
    }

    std::size_t bytes() const noexcept { return bytes_; }
    bool empty() const noexcept { return waiting_.empty(); }
    outbox_options const& options() const noexcept { return options_; }

private:
    bool full(std::size_t more) const noexcept {
        return !waiting_.empty() &&
               (waiting_.size() >= options_.max_messages || bytes_ + more > options_.max_bytes);
    }

    void drop_method(Message const& newer, entries& dropped) {
        auto const old = std::find_if(waiting_.begin(), waiting_.end(), [&](entry const& e) {
            return e.message.method() == newer.method();
        });
        if (old != waiting_.end())
            drop(old, dropped);
    }

    void drop(typename entries::iterator which, entries& dropped) {
        bytes_ -= which->size;
        dropped.splice(dropped.end(), waiting_, which);
    }

    outbox_options options_;
    std::size_t bytes_ = 0;
    entries waiting_;
};

} // namespace detail
} // namespace hubbub
