// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <hubbub/base/config.hpp>
#include <string>
#include <string_view>

namespace hubbub::detail {

/// The length of the character that text begins with, 1 to 4; 0 if it begins with none.
/// Source: RFC 3629, 4 (syntax of UTF-8 byte sequences).
std::size_t utf8_size(std::string_view text) noexcept;

/// The same text, but for bytes that are no UTF-8, and for the escape itself: each is the escape
/// and two hexadecimal digits.
std::string escape_to_utf8(std::string_view bytes, char escape);

/// Returns the text that was escaped. Where no two digits follow, the escape stands for itself.
std::string unescape(std::string_view text, char escape);

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/base/impl/utf8.ipp>
#endif
