// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <system_error>

namespace hubbub {

/// The reason why a connection ended.
struct closing {
    /// None if it left by itself; disconnected: by target::disconnect; refused: not admitted;
    /// slow_consumer; shutting_down; closed: its hub ended.
    std::error_code code = {};
    /// The text that came with it; may be empty.
    std::string text = {};
};

} // namespace hubbub
