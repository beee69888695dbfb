// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/cancellation.hpp>
#include <hubbub/typed/waiting_publish.hpp>

namespace hubbub::detail {

HUBBUB_DECL void cancel_hook::call(std::function<void()> on_cancel) const {
    if (other_)
        other_(std::move(on_cancel));
    else if (slot_.is_connected())
        cancel_by(slot_)(std::move(on_cancel));
}

} // namespace hubbub::detail
