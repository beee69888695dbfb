// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/outcome.hpp>

#include <string>
#include <utility>
#include <vector>

namespace hubbub {

/// The answers of all servers that are alive, by their ids.
template <class R>
struct collected {
    std::vector<std::pair<std::string, outcome<R>>> answers = {};

    /// Returns the servers that gave no answer: they died meanwhile, or took too long, or their
    /// method failed. An empty id among them stands for those that this server has not met in time,
    /// if there are any.
    std::vector<std::string> missing() const {
        std::vector<std::string> ids;
        for (auto const& [server, answer] : answers)
            if (!answer)
                ids.push_back(server);
        return ids;
    }
};

/// One result that is put together from the answers of all servers.
template <class T>
struct server_results {
    T value = {};
    /// The servers whose part is not in `value`, as collected::missing; empty if it is complete.
    std::vector<std::string> missing = {};
};

} // namespace hubbub
