// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/caller.hpp>

namespace hubbub::detail {

HUBBUB_DECL bool caller_state::stop_at_end(std::shared_ptr<stoppable> const& what,
                                           std::weak_ptr<void> place, std::size_t most) {
    {
        std::lock_guard const lock(mutex);
        if (most != 0 && running.streams() >= most)
            return false;
        running.add(what, std::move(place));
    }
    if (!connected)
        what->stop(errc::connection_ended);
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
