// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/capacity_waiters.hpp>

namespace hubbub::detail {

HUBBUB_DECL void capacity_waiters::add(std::size_t bytes, completion<std::error_code> done,
                                       void const* owner) {
    std::erase_if(waiting_, [](waiter const& w) { return !w.done.is_wanted(); });
    waiting_.push_back({bytes, std::move(done), owner});
}

HUBBUB_DECL void capacity_waiters::take(capacity_waiters& other) {
    for (auto& w : other.waiting_)
        waiting_.push_back(std::move(w));
    other.waiting_.clear();
}

HUBBUB_DECL void capacity_waiters::close(std::error_code error) {
    for (auto& w : std::exchange(waiting_, {}))
        w.done(error);
}

HUBBUB_DECL void capacity_waiters::close(std::error_code error, void const* owner) {
    std::erase_if(waiting_, [&](waiter& w) {
        if (w.owner == owner)
            w.done(error);
        return w.owner == owner;
    });
}

} // namespace hubbub::detail
