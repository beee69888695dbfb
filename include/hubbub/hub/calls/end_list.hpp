// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <forward_list>
#include <memory>
#include <system_error>
#include <utility>

namespace hubbub::detail {

/// Something that runs for a connection, and is to stop with it.
class stoppable {
public:
    /// why is empty where nobody wants what it does. It runs no user code, and may be called from
    /// any thread, while a lock is held, and after it has ended.
    virtual void stop(std::error_code why) = 0;

protected:
    ~stoppable() = default;
};

/// What stops with a connection. It has no lock; empty it takes no memory.
/// Complexity: linear in what runs.
class end_list {
public:
    /// A stream has a place, while it is open.
    void add(std::weak_ptr<stoppable> what, std::weak_ptr<void> place = {}) {
        std::erase_if(running_, [](entry const& e) { return e.what.expired(); });
        running_.push_front({std::move(what), std::move(place)});
    }

    /// How many streams are open.
    std::size_t streams() const {
        return static_cast<std::size_t>(std::count_if(
            running_.begin(), running_.end(), [](entry const& e) { return !e.place.expired(); }));
    }

    /// Stops all that run.
    void stop(std::error_code why) const {
        for (auto const& e : running_)
            if (auto const present = e.what.lock())
                present->stop(why);
    }

private:
    struct entry {
        std::weak_ptr<stoppable> what;
        std::weak_ptr<void> place;
    };

    std::forward_list<entry> running_;
};

} // namespace hubbub::detail
