// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/presence.hpp>

#include <algorithm>

namespace hubbub::detail {

HUBBUB_DECL presence_parts parts_of(server_answers const& given, name_list& missing) {
    presence_parts parts;
    for (auto const& [server, one] : given)
        if (!one.error && one.presence)
            parts.push_back(one.presence.get());
        else
            missing.push_back(server);
    return parts;
}

HUBBUB_DECL std::uint64_t sum_of(presence_parts const& parts) {
    std::uint64_t sum = 0;
    for (auto const* const part : parts)
        sum += part->count;
    return sum;
}

HUBBUB_DECL name_list union_of(presence_parts const& parts) {
    name_list all;
    for (auto const* const part : parts)
        all.insert(all.end(), part->names.begin(), part->names.end());
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
}

HUBBUB_DECL bool any_of(presence_parts const& parts) {
    return std::any_of(parts.begin(), parts.end(),
                       [](auto const* part) { return !part->names.empty(); });
}

} // namespace hubbub::detail
