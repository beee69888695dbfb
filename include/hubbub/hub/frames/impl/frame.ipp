// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/frames/frame.hpp>

#include <array>
#include <cstddef>

namespace hubbub::detail {

// By the values of the enumerators.
inline constexpr std::array<std::string_view, 7> verb_names{"?",      "add", "remove", "call",
                                                            "invoke", "ask", "done"};
inline constexpr std::array<std::string_view, 9> question_names{
    "?",       "count",          "connections", "users",   "groups",
    "members", "connections of", "groups of",   "snapshot"};
inline constexpr std::array<std::string_view, 5> reason_names{"?", "here", "new", "too", "gone"};

template <class Enum, std::size_t N>
void find_name(std::array<std::string_view, N> const& names, std::string_view text, Enum& out) {
    out = Enum::unknown;
    for (std::size_t i = 1; i < N; ++i)
        if (names[i] == text)
            out = static_cast<Enum>(i);
}

HUBBUB_DECL std::string_view to_text(verb v) noexcept {
    return verb_names[static_cast<std::size_t>(v)];
}
HUBBUB_DECL std::string_view to_text(presence_question q) noexcept {
    return question_names[static_cast<std::size_t>(q)];
}
HUBBUB_DECL std::string_view to_text(beacon_reason r) noexcept {
    return reason_names[static_cast<std::size_t>(r)];
}
HUBBUB_DECL void from_text(std::string_view text, verb& v) noexcept {
    find_name(verb_names, text, v);
}
HUBBUB_DECL void from_text(std::string_view text, presence_question& q) noexcept {
    find_name(question_names, text, q);
}
HUBBUB_DECL void from_text(std::string_view text, beacon_reason& r) noexcept {
    find_name(reason_names, text, r);
}

} // namespace hubbub::detail
