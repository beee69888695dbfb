// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/streams/stop_list.hpp>

#include <utility>

namespace hubbub::detail {

HUBBUB_DECL void stop_list::add(std::weak_ptr<stoppable> what) {
    auto& [running, swept, places] = all();
    if (running.size() > 2 * swept) {
        std::erase_if(running, [](auto const& r) { return r.expired(); });
        swept = running.size();
    }
    running.push_back(std::move(what));
}

HUBBUB_DECL bool stop_list::add_stream(std::weak_ptr<stoppable> what, std::weak_ptr<void> place,
                                       std::size_t most) {
    auto& places = all().places;
    if (places.size() >= most)
        std::erase_if(places, [](auto const& p) { return p.expired(); });
    if (places.size() >= most)
        return false;
    places.push_back(std::move(place));
    add(std::move(what));
    return true;
}

HUBBUB_DECL void stop_list::stop(std::error_code why) const {
    if (!tasks_)
        return;
    for (auto const& r : tasks_->running)
        if (auto const present = r.lock())
            present->stop(why);
}

HUBBUB_DECL stop_list::tasks& stop_list::all() {
    if (!tasks_)
        tasks_ = std::make_unique<tasks>();
    return *tasks_;
}

} // namespace hubbub::detail
