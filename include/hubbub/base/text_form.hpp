// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace hubbub::detail {

/// Specialized for a type of hubbub's own that travels as text, in each structured serializer:
///
/// | expression               | returns       | and                                              |
/// |--------------------------|---------------|--------------------------------------------------|
/// | `to_text(value)`         | `std::string` | UTF-8                                            |
/// | `from_text(text, value)` | `bool`        | false if it is none of a T; text may be any bytes |
template <class T>
struct text_form;

} // namespace hubbub::detail
