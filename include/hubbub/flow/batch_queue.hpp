// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/capacity_waiters.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/flow/queue_room.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

namespace hubbub::detail {

/// A bounded queue from many threads to one executor, which is woken once for a whole burst.
///
/// A caller that gets pushed::wake posts a task that takes a batch, works it off, and then asks
/// `more()` whether to post again. Therefore one task at most is under way, and batches never
/// overlap.
template <class Entry>
class batch_queue {
public:
    enum class pushed { full, queued, wake };

    batch_queue(std::size_t max_bytes, std::size_t max_entries,
                std::shared_ptr<memory_budget> budget = {})
        : taken_(max_bytes, max_entries, std::move(budget)) {}

    /// Takes entry if there is room, and leaves it alone if not.
    pushed push(Entry& entry, std::size_t bytes) {
        std::lock_guard const lock(mutex_);
        if (!taken_.try_enter(bytes))
            return pushed::full;
        entries_.push_back(std::move(entry));
        return std::exchange(awake_, true) ? pushed::queued : pushed::wake;
    }

    /// All that is queued, in the order pushed.
    std::vector<Entry> take() {
        std::lock_guard const lock(mutex_);
        auto batch = std::exchange(entries_, {});
        flushing_.take(flushes_);
        taken_.leave_all();
        taken_.notify();
        return batch;
    }

    /// After a batch: true if another task must be posted.
    bool more() {
        std::lock_guard const lock(mutex_);
        awake_ = !entries_.empty();
        flushing_.close({});
        if (!awake_)
            flushes_.close({});
        return awake_;
    }

    /// Completes done when an entry of so many bytes finds room.
    void wait_for_room(std::size_t bytes, completion<std::error_code> done) {
        std::lock_guard const lock(mutex_);
        taken_.wait(bytes, std::move(done));
    }

    /// Completes done when all that is queued now is worked off.
    void flush(completion<std::error_code> done) {
        std::lock_guard const lock(mutex_);
        if (!awake_)
            return done({});
        flushes_.add(0, std::move(done));
    }

    /// Ends those who wait for room, and those who come to.
    void end_waiting_for_room(std::error_code error) {
        std::lock_guard const lock(mutex_);
        taken_.end_waiting(error);
    }

    /// Ends all that wait.
    void end_waiting(std::error_code error) {
        end_waiting_for_room(error);
        std::lock_guard const lock(mutex_);
        flushing_.close(error);
        flushes_.close(error);
    }

    std::size_t bytes() const {
        std::lock_guard const lock(mutex_);
        return taken_.taken().bytes;
    }

    /// The most that was queued at once.
    queue_load peak() const {
        std::lock_guard const lock(mutex_);
        return taken_.peak();
    }

private:
    mutable std::mutex mutex_; // guards what follows
    queue_room taken_;
    capacity_waiters flushes_;  // for what is queued
    capacity_waiters flushing_; // for the batch that was taken last
    std::vector<Entry> entries_;
    bool awake_ = false;
};

} // namespace hubbub::detail
