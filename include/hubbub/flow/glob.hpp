// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <string>
#include <string_view>

namespace hubbub::detail {

/// Whether one `[...]` takes c; at is moved behind the closing bracket. As Redis does: `\` takes
/// the next character literally, a range may be given in either order, and a class that is never
/// closed ends with the pattern.
bool in_class(std::string_view glob, std::size_t& at, char c);

/// Whether one glob element at `at`, which is no star, takes c; at is moved behind it.
bool takes(std::string_view glob, std::size_t& at, char c);

/// Whether glob matches the whole of text, byte for byte, as Redis's glob does.
///
/// Complexity: O(glob × text) at worst: a mismatch goes back to the last star alone.
/// Source: redis.io/docs/latest/commands/psubscribe and keys; checked against a server by a test.
bool glob_match(std::string_view glob, std::string_view text);

/// A pattern that matches literal and nothing else.
std::string glob_escape(std::string_view literal);

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/flow/impl/glob.ipp>
#endif
