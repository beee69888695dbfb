// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/flow/observers.hpp>

#include <utility>

namespace hubbub::detail {

HUBBUB_DECL std::shared_ptr<void> observers::add(observer o) {
    auto added = std::make_shared<observer>(std::move(o));
    std::lock_guard const lock(mutex_);
    std::erase_if(list_, [](auto const& entry) { return entry.expired(); });
    list_.push_back(added);
    return added;
}

HUBBUB_DECL void observers::notify(event const& e) const {
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

} // namespace hubbub::detail
