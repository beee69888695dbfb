// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/cluster/server_registry.hpp>

#include <algorithm>

namespace hubbub::detail {

HUBBUB_DECL server_registry::change server_registry::heard(std::string_view server, bool regular) {
    change now;
    if (gone_.contains(server)) {
        now.stale = true;
        return now;
    }
    auto const [known, is_new] = servers_.try_emplace(std::string(server));
    if (is_new)
        now.joined.emplace_back(server);
    bool const beat = regular && server == self_;
    known->second = beats_ += beat ? 1 : 0;
    if (beat) {
        lose_silent(now.lost);
        std::erase_if(gone_, [&](auto const& g) { return beats_ - g.second >= missed_; });
    }
    return now;
}

HUBBUB_DECL server_registry::change server_registry::left(std::string_view server) {
    change now;
    gone_.try_emplace(std::string(server), beats_);
    if (servers_.erase(std::string(server)) != 0)
        now.lost.emplace_back(server);
    return now;
}

HUBBUB_DECL void server_registry::expect(std::size_t servers) {
    expected_ = expected_ == unknown ? servers : std::max(expected_, servers);
}

HUBBUB_DECL bool server_registry::met() {
    met_ = met_ || beats_ >= 2 || servers_.size() >= expected_;
    return met_;
}

HUBBUB_DECL bool server_registry::is_silent(std::string_view server, std::uint64_t since) const {
    return !servers_.contains(server) && beats_ - since >= missed_;
}

HUBBUB_DECL std::vector<std::string> server_registry::alive() const {
    std::vector<std::string> ids;
    for (auto const& [id, last] : servers_)
        ids.push_back(id);
    return ids;
}

HUBBUB_DECL void server_registry::lose_silent(std::vector<std::string>& lost) {
    for (auto at = servers_.begin(); at != servers_.end();) {
        if (beats_ - at->second < missed_) {
            ++at;
            continue;
        }
        lost.push_back(at->first);
        at = servers_.erase(at);
    }
}

} // namespace hubbub::detail
