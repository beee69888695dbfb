// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/capacity_waiters.hpp>
#include <hubbub/base/config.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/flow/budget_share.hpp>
#include <hubbub/flow/queue_load.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <system_error>
#include <utility>

namespace hubbub {
class memory_budget;
}

namespace hubbub::detail {

/// The room of a bounded queue, whatever is in it: how many entries and bytes are taken, what they
/// take of a shared budget, and who waits for more. The queue's lock guards it.
class queue_room {
public:
    queue_room(std::size_t max_bytes, std::size_t max_entries,
               std::shared_ptr<memory_budget> budget)
        : max_bytes_(max_bytes), max_entries_(max_entries), share_(std::move(budget)) {}

    /// Takes room for one entry of so many bytes; false if there is none.
    bool try_enter(std::size_t bytes) {
        if (!fits(bytes) || !share_.try_raise(taken_.bytes + bytes))
            return false;
        taken_.add(bytes);
        note_peak();
        return true;
    }

    /// Corrects what is taken, for a queue that counts its bytes itself: no less than before.
    void grow_to(queue_load now) {
        taken_ = now;
        note_peak();
        share_.settle(now.bytes);
    }
    /// The same: no more than before. Those who wait are not told before notify.
    void shrink_to(queue_load now) {
        taken_ = now;
        share_.settle(now.bytes);
    }

    /// An entry takes so many bytes, where it took others; false if they are too many.
    bool try_resize(std::size_t from, std::size_t to);

    /// Gives the room of one entry back. Those who wait are not told before notify.
    void leave(std::size_t bytes);
    /// The same for all.
    void leave_all();

    /// Tells those who wait, and whom the budget lets in too.
    void notify() {
        if (!waiters_.empty())
            notify_waiters();
    }

    /// Whether an empty queue would take an entry of so many bytes.
    bool attainable(std::size_t bytes) const noexcept {
        return max_entries_ > 0 && bytes <= max_bytes_ && share_.attainable(bytes);
    }

    /// Completes done when an entry of so many bytes finds room.
    void wait(std::size_t bytes, completion<std::error_code> done);
    /// Ends those who wait, and those who come to.
    void end_waiting(std::error_code error);

    queue_load const& taken() const noexcept { return taken_; }
    /// The most that was taken at once.
    queue_load const& peak() const noexcept { return peak_; }

private:
    bool fits(std::size_t bytes) const noexcept {
        return taken_.has_room(bytes, max_entries_, max_bytes_);
    }

    void notify_waiters();

    void note_peak() noexcept {
        peak_ = {std::max(peak_.entries, taken_.entries), std::max(peak_.bytes, taken_.bytes)};
    }

    std::size_t const max_bytes_;
    std::size_t const max_entries_;
    budget_share share_;
    capacity_waiters waiters_;
    queue_load taken_;
    queue_load peak_;
    std::error_code ended_;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/flow/impl/queue_room.ipp>
#endif
