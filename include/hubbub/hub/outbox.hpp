// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/limits.hpp>

#include <cstddef>

namespace hubbub {

/// The bounds of the calls that wait until one connection reads them.
struct outbox_options {
    std::size_t max_messages = 1000;
    /// The most bytes that wait: the encoded arguments, and the name of the method. A single call
    /// that is larger waits alone.
    std::size_t max_bytes = std::size_t{1} << 20;
    overflow_policy when_full = overflow_policy::disconnect;
};

} // namespace hubbub
