// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/flow/glob.hpp>
#include <hubbub/flow/topic_table.hpp>

#include <algorithm>
#include <mutex>
#include <utility>

namespace hubbub::detail {

HUBBUB_DECL bool topic_table::add(topic_filter const& what,
                                  std::shared_ptr<message_sink> const& s) {
    std::unique_lock const lock(mutex_);
    auto& sinks = map_for(what)[what.name];
    bool const first = sinks.empty();
    sinks.write([&](auto& list) {
        if (std::find(list.begin(), list.end(), s) == list.end())
            list.push_back(s);
    });
    return first;
}

HUBBUB_DECL bool topic_table::remove(topic_filter const& what, message_sink const& s) {
    std::shared_ptr<message_sink> removed; // destroyed after the lock: its destructor is user code
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

HUBBUB_DECL void topic_table::deliver(std::string_view name, bool is_pattern,
                                      message_view const& message) const {
    if (auto const sinks = find(name, is_pattern))
        deliver_to(*sinks, message);
}

HUBBUB_DECL bool topic_table::deliver_matching(message_view const& message) const {
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

HUBBUB_DECL bool topic_table::wants(std::string_view topic) const {
    std::shared_lock const lock(mutex_);
    return topics_.contains(topic) ||
           std::any_of(patterns_.begin(), patterns_.end(),
                       [&](auto const& entry) { return glob_match(entry.first, topic); });
}

HUBBUB_DECL topic_table::sink_list::snapshot topic_table::find(std::string_view name,
                                                               bool is_pattern) const {
    std::shared_lock const lock(mutex_);
    auto const& map = is_pattern ? patterns_ : topics_;
    auto const found = map.find(name);
    return found == map.end() ? sink_list::snapshot{} : found->second.read();
}

HUBBUB_DECL void topic_table::deliver_to(std::vector<std::shared_ptr<message_sink>> const& sinks,
                                         message_view const& message) {
    for (auto const& s : sinks)
        s->deliver(message);
}

} // namespace hubbub::detail
