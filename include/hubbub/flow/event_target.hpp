// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/event.hpp>

namespace hubbub::detail {

/// What passes events on to those who observe it.
class event_target {
public:
    event_target() = default;
    event_target(event_target const&) = delete;
    event_target& operator=(event_target const&) = delete;
    virtual ~event_target() = default;

    virtual void notify(event const& e) = 0;
};

} // namespace hubbub::detail
