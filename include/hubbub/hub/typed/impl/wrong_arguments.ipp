// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/typed/wrong_arguments.hpp>

namespace hubbub::detail {

HUBBUB_DECL std::string describe_wrong_arguments(std::string_view method, std::size_t taken) {
    return "'" + std::string(method) + "' takes " + std::to_string(taken) +
           " arguments of other types";
}

HUBBUB_DECL std::string describe_wrong_arguments(std::string_view method, std::size_t taken,
                                                 std::size_t given, std::size_t right) {
    auto const name = "'" + std::string(method) + "'";
    if (given != taken)
        return name + " takes " + std::to_string(taken) + " arguments, not " +
               std::to_string(given);
    if (right < taken)
        return "argument " + std::to_string(right + 1) + " of " + name + " is of another type";
    return describe_wrong_arguments(method, taken);
}

} // namespace hubbub::detail
