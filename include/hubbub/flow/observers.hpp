// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/event.hpp>

#include <algorithm>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace hubbub::detail {

/// Who is told of events. Any thread; observers are called without a lock.
class observers {
public:
    /// The observer gets events until the pointer is gone.
    std::shared_ptr<void> add(observer o) {
        auto added = std::make_shared<observer>(std::move(o));
        std::lock_guard const lock(mutex_);
        std::erase_if(list_, [](auto const& entry) { return entry.expired(); });
        list_.push_back(added);
        return added;
    }

    void notify(event const& e) const {
        std::vector<std::shared_ptr<observer>> present;
        {
            std::lock_guard const lock(mutex_);
            for (auto const& entry : list_)
                if (auto o = entry.lock())
                    present.push_back(std::move(o));
        }
        for (auto const& o : present)
            (*o)(e);
    }

private:
    mutable std::mutex mutex_; // guards list_
    std::vector<std::weak_ptr<observer>> list_;
};

} // namespace hubbub::detail
