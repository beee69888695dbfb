// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/flow/joined_completion.hpp>

#include <utility>

namespace hubbub::detail {

HUBBUB_DECL completion<std::error_code> joined_completion::part() {
    all_->begin();
    return {executor_, [all = all_](std::error_code error) { all->finish(error); }};
}

} // namespace hubbub::detail
