// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/serializer.hpp>

#include <any>
#include <memory>
#include <span>
#include <typeinfo>

namespace hubbub {

/// No encoding: the sink is handed the very object that was published.
///
/// It serves a transport that cannot leave the process (`carries_objects`); with any other, the
/// bus does not compile and says why. A message of another type than the subscriber's counts as
/// malformed.
struct in_place_serializer {
    static constexpr bool in_place = true;

    /// A value inside another message is the value itself, shared by the copies of that message:
    /// what passes it on copies no object of the user's, whose copy may throw.
    struct packed {
        std::shared_ptr<std::any const> value;
        /// Those of its elements, if it is the arguments of a call.
        std::span<std::type_info const* const> types;
    };
};

} // namespace hubbub
