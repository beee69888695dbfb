// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/streams/stop_list.hpp>

#include <utility>

namespace hubbub::detail {

HUBBUB_DECL void stop_list::add(std::weak_ptr<stoppable> what, std::weak_ptr<void> place) {
    running_.remove_if([](entry const& e) { return e.what.expired(); });
    running_.push_front({std::move(what), std::move(place)});
}

HUBBUB_DECL std::size_t stop_list::streams() const {
    std::size_t open = 0;
    for (auto const& e : running_)
        open += e.place.expired() ? 0 : 1;
    return open;
}

HUBBUB_DECL void stop_list::stop(std::error_code why) const {
    for (auto const& e : running_)
        if (auto const present = e.what.lock())
            present->stop(why);
}

} // namespace hubbub::detail
