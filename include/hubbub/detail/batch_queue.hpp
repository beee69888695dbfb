// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

namespace hubbub::detail {

/// A bounded queue from many threads to one executor, which is woken once for a whole burst.
///
/// Who gets pushed::wake posts a task that takes a batch, works it off, and then asks `more()`
/// whether to post again. So one task at most is under way, and batches never overlap.
template <class Entry>
class batch_queue {
public:
    enum class pushed { full, queued, wake };

    batch_queue(std::size_t max_bytes, std::size_t max_entries)
        : max_bytes_(max_bytes), max_entries_(max_entries) {}

    /// Takes entry if there is room, and leaves it alone if not.
    pushed push(Entry& entry, std::size_t bytes) {
        std::lock_guard const lock(mutex_);
        if (bytes_ + bytes > max_bytes_ || entries_.size() >= max_entries_)
            return pushed::full;
        bytes_ += bytes;
        entries_.push_back(std::move(entry));
        return std::exchange(awake_, true) ? pushed::queued : pushed::wake;
    }

    /// All that is queued, in the order pushed.
    std::vector<Entry> take() {
        std::lock_guard const lock(mutex_);
        bytes_ = 0;
        return std::exchange(entries_, {});
    }

    /// After a batch: true if another task must be posted.
    bool more() {
        std::lock_guard const lock(mutex_);
        awake_ = !entries_.empty();
        return awake_;
    }

    std::size_t bytes() const {
        std::lock_guard const lock(mutex_);
        return bytes_;
    }

private:
    std::size_t const max_bytes_;
    std::size_t const max_entries_;
    mutable std::mutex mutex_; // guards what follows
    std::vector<Entry> entries_;
    std::size_t bytes_ = 0;
    bool awake_ = false;
};

} // namespace hubbub::detail
