// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/completion.hpp>

#include <cstddef>
#include <system_error>
#include <utility>
#include <vector>

namespace hubbub::detail {

/// The waits for room in a queue. The queue's lock guards it.
///
/// A waiter is told when what it waits for fits, the one that has waited longest first. One that
/// waits for much holds up none that waits for less, and waits on while those take the room, which
/// is kept for nobody. An owner that wants order among its own adds the first of them alone, as a
/// bus does.
class capacity_waiters {
public:
    /// owner: for whom alone they may be ended.
    void add(std::size_t bytes, completion<std::error_code> done, void const* owner = nullptr);

    bool empty() const noexcept { return waiting_.empty(); }

    /// Completes those for which there is room: fits(bytes) says so.
    template <class Fits>
    void notify(Fits fits) {
        notify(fits, [](std::size_t /*bytes*/, auto done) { done({}); });
    }

    /// The same, but hands their completions to next(bytes, done).
    template <class Fits, class Next>
    void notify(Fits fits, Next next) {
        std::erase_if(waiting_, [&](waiter& w) {
            if (!w.done.is_wanted())
                return true;
            if (!fits(w.bytes))
                return false;
            next(w.bytes, std::move(w.done));
            return true;
        });
    }

    /// Takes over the waits of another.
    void take(capacity_waiters& other);

    /// Ends all.
    void close(std::error_code error);

    /// Ends those of one owner.
    void close(std::error_code error, void const* owner);

private:
    struct waiter {
        std::size_t bytes;
        completion<std::error_code> done;
        void const* owner;
    };

    std::vector<waiter> waiting_;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/base/impl/capacity_waiters.ipp>
#endif
