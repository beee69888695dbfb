// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/base/shared_list.hpp>
#include <hubbub/flow/string_map.hpp>
#include <hubbub/transport.hpp>

#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace hubbub::detail {

/// The sinks of one transport, by the topics and patterns that they listen to.
///
/// Thread safety: all functions, from any thread; sinks are called with no lock held.
/// Ordering:      a message goes to the sinks of its topic, then to those of matching patterns, each
///                in the order they subscribed. A sink added meanwhile gets the next message.
class topic_table {
public:
    /// True if s is the first sink of this filter. Adding a sink twice adds nothing.
    bool add(topic_filter const& what, std::shared_ptr<message_sink> const& s);

    /// True if s was the last sink of this filter.
    bool remove(topic_filter const& what, message_sink const& s);

    /// Delivers to the sinks of exactly this filter; the second, without a copy of its name.
    void deliver(topic_filter const& what, message_view const& message) const {
        deliver(what.name, what.is_pattern, message);
    }
    void deliver(std::string_view name, bool is_pattern, message_view const& message) const;

    /// Delivers to the sinks of the message's topic and of every pattern that matches it.
    /// True if there was any. Complexity: O(patterns) beside the deliveries.
    bool deliver_matching(message_view const& message) const;

    /// Whether a message on this topic would reach anybody.
    bool wants(std::string_view topic) const;

private:
    using sink_list = shared_list<std::shared_ptr<message_sink>>;
    using sink_map = string_map<sink_list>;

    sink_map& map_for(topic_filter const& what) { return what.is_pattern ? patterns_ : topics_; }

    sink_list::snapshot find(std::string_view name, bool is_pattern) const;

    static void deliver_to(std::vector<std::shared_ptr<message_sink>> const& sinks,
                           message_view const& message);

    mutable std::shared_mutex mutex_; // guards what follows
    sink_map topics_;
    sink_map patterns_;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/flow/impl/topic_table.ipp>
#endif
