// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/error.hpp>
#include <hubbub/limits.hpp>
#include <hubbub/transport.hpp>

#include <cstddef>
#include <string_view>
#include <system_error>

namespace hubbub::detail {

/// Whether a topic or pattern may be used, and if not, why.
std::error_code check_name(message_limits const& limits, std::string_view name) noexcept;

/// Whether a message may be published when nothing is queued, and if not, why: one that never finds
/// room is too large, whatever it waits for.
std::error_code check_message(message_limits const& limits, message_view const& message) noexcept;

/// Returns bytes, or the most that ever find room, if these are fewer.
std::size_t fitting(message_limits const& l, std::size_t bytes);

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/flow/impl/limits.ipp>
#endif
