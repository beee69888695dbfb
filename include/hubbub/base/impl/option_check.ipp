// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/option_check.hpp>

#include <stdexcept>

namespace hubbub::detail {

HUBBUB_DECL void option_check::require(bool holds, std::string_view name,
                                       std::string_view what) const {
    if (!holds)
        throw std::invalid_argument(owner_ + ": " + std::string(name).append(1, ' ').append(what));
}

HUBBUB_DECL void option_check::positive(std::chrono::milliseconds time,
                                        std::string_view name) const {
    require(time > std::chrono::milliseconds::zero(), name,
            "is " + std::to_string(time.count()) + " ms; it must be positive");
}

} // namespace hubbub::detail
