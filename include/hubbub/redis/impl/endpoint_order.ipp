// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/redis/endpoint_order.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace hubbub::redis {

HUBBUB_DECL std::vector<endpoint_order::endpoint>
endpoint_order::arrange(std::vector<endpoint> found) const {
    for (auto const& e : tried_) {
        auto const at = std::find(found.begin(), found.end(), e);
        if (at != found.end())
            std::rotate(at, at + 1, found.end());
    }
    return found;
}

HUBBUB_DECL void endpoint_order::tried(endpoint const& e) {
    std::erase(tried_, e);
    tried_.push_back(e);
    if (tried_.size() > most_remembered)
        tried_.erase(tried_.begin());
}

} // namespace hubbub::redis
