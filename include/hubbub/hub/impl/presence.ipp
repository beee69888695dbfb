// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/presence.hpp>

#include <algorithm>
#include <iterator>

namespace hubbub::detail {

HUBBUB_DECL void add_count(std::uint64_t& sum, presence_answer const& part) {
    sum += part.count;
}

HUBBUB_DECL void add_names(name_list& all, presence_answer const& part) {
    name_list both;
    std::set_union(all.begin(), all.end(), part.names.begin(), part.names.end(),
                   std::back_inserter(both));
    all = std::move(both);
}

HUBBUB_DECL void add_any(bool& any, presence_answer const& part) {
    any = any || !part.names.empty();
}

} // namespace hubbub::detail
