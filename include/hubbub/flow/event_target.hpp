// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/event.hpp>

namespace hubbub::detail {

/// Passes events on to the observers of a transport or a bus.
class event_target {
public:
    event_target() = default;
    event_target(event_target const&) = delete;
    event_target& operator=(event_target const&) = delete;
    virtual ~event_target() = default;

    virtual void notify(event const& e) = 0;
};

} // namespace hubbub::detail
