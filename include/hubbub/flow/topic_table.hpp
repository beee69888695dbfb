// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/shared_list.hpp>
#include <hubbub/flow/glob.hpp>
#include <hubbub/transport.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace hubbub::detail {

/// Lets an unordered_map of strings be searched by a view.
struct string_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
        return std::hash<std::string_view>{}(text);
    }
};

template <class Value>
using string_map = std::unordered_map<std::string, Value, string_hash, std::equal_to<>>;

/// Who listens to what, in one transport.
///
/// Thread safety: all functions, from any thread; sinks are called with no lock held.
/// Ordering:      a message goes to the sinks of its topic, then to those of matching patterns, each
///                in the order they subscribed. A sink added meanwhile gets the next message.
class topic_table {
public:
    /// True if s is the first sink of this interest. Adding a sink twice adds nothing.
    bool add(interest const& what, std::shared_ptr<sink> const& s) {
        std::unique_lock const lock(mutex_);
        auto& sinks = map_for(what)[std::string(what.name)];
        bool const first = sinks.empty();
        sinks.write([&](auto& list) {
            if (std::find(list.begin(), list.end(), s) == list.end())
                list.push_back(s);
        });
        return first;
    }

    /// True if s was the last sink of this interest.
    bool remove(interest const& what, sink const& s) {
        std::shared_ptr<sink> removed; // destroyed after the lock: its destructor is user code
        std::unique_lock const lock(mutex_);
        auto& map = map_for(what);
        auto const found = map.find(what.name);
        if (found == map.end())
            return false;
        found->second.write([&](auto& list) {
            auto const at =
                std::find_if(list.begin(), list.end(), [&](auto& p) { return p.get() == &s; });
            if (at == list.end())
                return;
            removed = std::move(*at);
            list.erase(at);
        });
        if (!removed || !found->second.empty())
            return false;
        map.erase(found);
        return true;
    }

    /// Delivers to the sinks of exactly this interest.
    void deliver(interest const& what, message_view const& message) const {
        if (auto const sinks = find(what))
            deliver_to(*sinks, message);
    }

    /// Delivers to the sinks of the message's topic and of every pattern that matches it.
    /// True if there was any. Complexity: O(patterns) beside the deliveries.
    bool deliver_matching(message_view const& message) const {
        sink_list::snapshot exact;
        std::vector<sink_list::snapshot> matching;
        {
            std::shared_lock const lock(mutex_);
            if (auto const found = topics_.find(message.topic); found != topics_.end())
                exact = found->second.read();
            for (auto const& [glob, sinks] : patterns_)
                if (glob_match(glob, message.topic))
                    matching.push_back(sinks.read());
        }
        if (exact)
            deliver_to(*exact, message);
        for (auto const& sinks : matching)
            deliver_to(*sinks, message);
        return exact || !matching.empty();
    }

    /// Whether a message on this topic would reach anybody.
    bool wants(std::string_view topic) const {
        std::shared_lock const lock(mutex_);
        return topics_.contains(topic) ||
               std::any_of(patterns_.begin(), patterns_.end(),
                           [&](auto const& entry) { return glob_match(entry.first, topic); });
    }

private:
    using sink_list = shared_list<std::shared_ptr<sink>>;
    using sink_map = string_map<sink_list>;

    sink_map& map_for(interest const& what) { return what.is_pattern ? patterns_ : topics_; }
    sink_map const& map_for(interest const& what) const {
        return what.is_pattern ? patterns_ : topics_;
    }

    sink_list::snapshot find(interest const& what) const {
        std::shared_lock const lock(mutex_);
        auto const& map = map_for(what);
        auto const found = map.find(what.name);
        return found == map.end() ? sink_list::snapshot{} : found->second.read();
    }

    static void deliver_to(std::vector<std::shared_ptr<sink>> const& sinks,
                           message_view const& message) {
        for (auto const& s : sinks)
            s->deliver(message);
    }

    mutable std::shared_mutex mutex_; // guards what follows
    sink_map topics_;
    sink_map patterns_;
};

} // namespace hubbub::detail
