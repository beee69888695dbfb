// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/members/update_publisher.hpp>

#include <hubbub/base/asio.hpp>

namespace hubbub::detail {

HUBBUB_DECL void update_publisher::publish(presence_update u) {
    asio::post(bus_.executor(), [self = shared_from_this(), u = std::move(u)] {
        if (self->open_)
            self->bus_.publish(self->topic_, u);
    });
}

} // namespace hubbub::detail
