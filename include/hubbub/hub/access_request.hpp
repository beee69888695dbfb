// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace hubbub {

/// An action that a connection is about to take (hub::on_authorize).
struct access_request {
    enum class kind { connect, invoke, join };

    kind what;
    /// The method that it calls, or the group that it joins.
    std::string_view name;
};

} // namespace hubbub
