// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/flow/limits.hpp>
#include <hubbub/memory_budget.hpp>

#include <algorithm>

namespace hubbub::detail {

HUBBUB_DECL std::error_code check_name(message_limits const& limits,
                                       std::string_view name) noexcept {
    if (!name.empty() && name.size() <= limits.max_name_bytes)
        return {};
    return name.empty() ? errc::empty_name : errc::name_too_long;
}

HUBBUB_DECL std::error_code check_message(message_limits const& limits,
                                          message_view const& message) noexcept {
    auto const whole = message.topic.size() + message.payload.size();
    bool const fits = message.payload.size() <= limits.max_payload_bytes &&
                      whole <= limits.max_queue_bytes &&
                      (!limits.budget || whole <= limits.budget->max_bytes());
    if (auto const error = check_name(limits, message.topic); error || fits)
        return error;
    return errc::payload_too_large;
}

HUBBUB_DECL std::size_t fitting(message_limits const& l, std::size_t bytes) {
    auto const most = std::min(bytes, l.max_queue_bytes);
    return l.budget ? std::min(most, l.budget->max_bytes()) : most;
}

} // namespace hubbub::detail
