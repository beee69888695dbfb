// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/sequenced/idle_streams.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace hubbub::detail {

HUBBUB_DECL void idle_streams::put(std::uint64_t receiver, std::string_view topic,
                                   std::string_view stream, stream_progress const& p) {
    auto of = key_of(receiver, topic, stream);
    places_[of] = items_.insert(items_.end(), {of, p});
    if (items_.size() <= max_)
        return;
    forgotten_until_ = std::max(forgotten_until_, items_.front().progress.heard);
    places_.erase(items_.front().of);
    items_.pop_front();
}

HUBBUB_DECL std::optional<stream_progress>
idle_streams::take(std::uint64_t receiver, std::string_view topic, std::string_view stream) {
    auto const found = places_.find(key_of(receiver, topic, stream));
    if (found == places_.end())
        return std::nullopt;
    auto const progress = found->second->progress;
    items_.erase(found->second);
    places_.erase(found);
    return progress;
}

HUBBUB_DECL void idle_streams::forget(std::uint64_t receiver) {
    auto const begin = places_.lower_bound({receiver, {}});
    auto const end = places_.lower_bound({receiver + 1, {}});
    for (auto at = begin; at != end; ++at)
        items_.erase(at->second);
    places_.erase(begin, end);
}

HUBBUB_DECL idle_streams::key idle_streams::key_of(std::uint64_t receiver, std::string_view topic,
                                                   std::string_view stream) {
    return {receiver, std::string(stream).append(topic)};
}

} // namespace hubbub::detail
