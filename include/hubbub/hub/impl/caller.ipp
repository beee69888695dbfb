// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/caller.hpp>

namespace hubbub::detail {

HUBBUB_DECL void caller_state::stop_at_end(std::shared_ptr<stoppable> const& what) {
    {
        std::lock_guard const lock(mutex);
        running.add(what);
    }
    if (!connected)
        what->stop(hub_errc::connection_ended);
}

HUBBUB_DECL bool caller_state::open_stream(std::shared_ptr<stoppable> const& what,
                                           std::weak_ptr<void> place, std::size_t most) {
    if (most == 0) {
        stop_at_end(what);
        return true;
    }
    {
        std::lock_guard const lock(mutex);
        if (!running.add_stream(what, std::move(place), most))
            return false;
    }
    if (!connected)
        what->stop(hub_errc::connection_ended);
    return true;
}

HUBBUB_DECL void caller_state::stop_all(std::error_code why) {
    stop_list ended;
    {
        std::lock_guard const lock(mutex);
        std::swap(ended, running);
    }
    ended.stop(why);
}

} // namespace hubbub::detail
