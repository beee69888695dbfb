// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/flow/kept_message.hpp>

namespace hubbub::detail {

HUBBUB_DECL kept_message::kept_message(message_view const& message)
    : topic_(message.topic), payload_(message.payload), counted_(message.counted) {
    if (message.object) {
        object_ = message.object.keep();
        view_ = message.object.kept_by(object_);
    }
}

} // namespace hubbub::detail
