// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/flow/glob.hpp>
#include <hubbub/transport.hpp>

#include <string_view>

namespace hubbub {

/// Returns whether a topic matches a pattern, byte for byte, as Redis decides it: for a transport
/// of your own whose backplane has no globs, which subscribes to more there and delivers what
/// matches.
///
/// Thread safety: any thread.
/// Complexity:    O(pattern × topic) at worst.
/// Source:        redis.io/docs/latest/commands/psubscribe.
inline bool matches(topic_filter const& what, std::string_view topic) {
    return what.is_pattern ? detail::glob_match(what.name, topic) : what.name == topic;
}

} // namespace hubbub
