// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/typed/subscribers.hpp>

namespace hubbub::detail {

HUBBUB_DECL std::shared_ptr<message_subscriber> shared(message_subscriber* s) {
    return std::shared_ptr<message_subscriber>(s);
}

} // namespace hubbub::detail
