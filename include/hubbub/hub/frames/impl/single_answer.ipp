// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/frames/single_answer.hpp>

namespace hubbub::detail {

HUBBUB_DECL void single_answer::take(answer given) {
    if (answered_.exchange(true))
        return;
    on_answer(given);
    done_(std::move(given));
    on_answered();
}

} // namespace hubbub::detail
