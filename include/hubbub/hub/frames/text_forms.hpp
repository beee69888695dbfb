// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/text_form.hpp>
#include <hubbub/base/utf8.hpp>
#include <hubbub/hub/frames/frame.hpp>

#include <string>
#include <string_view>

// How the parts of a frame that are no plain members are written: before a frame is.
namespace hubbub::detail {

template <>
struct text_form<frame_name> {
    static std::string to_text(frame_name const& name) { return escape_to_utf8(name, '%'); }
    static bool from_text(std::string_view text, frame_name& name) {
        name = unescape(text, '%');
        return true;
    }
};

template <class Enum>
struct enum_form {
    static std::string to_text(Enum value) { return std::string(detail::to_text(value)); }
    static bool from_text(std::string_view text, Enum& value) {
        detail::from_text(text, value);
        return true;
    }
};
template <>
struct text_form<verb> : enum_form<verb> {};
template <>
struct text_form<presence_question> : enum_form<presence_question> {};
template <>
struct text_form<beacon_reason> : enum_form<beacon_reason> {};

} // namespace hubbub::detail
