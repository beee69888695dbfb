// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/cluster/name_claim.hpp>

#include <hubbub/base/option_check.hpp>

#include <mutex>
#include <set>

namespace hubbub::detail {

struct name_claims {
    std::mutex mutex; // guards held
    std::set<std::pair<void const*, std::string>> held;
};

/// Those of this process.
HUBBUB_DECL name_claims& all_name_claims() {
    static auto& all = *new name_claims; // hubs of static storage may end last
    return all;
}

HUBBUB_DECL name_claim::name_claim(void const* transport, std::string const& name)
    : held_(transport, name) {
    auto& all = all_name_claims();
    std::lock_guard const lock(all.mutex);
    option_check("hub_options")
        .require(all.held.insert(held_).second, "name",
                 "is '" + name +
                     "', as that of another hub on this transport, and servers of one hub have a "
                     "transport each: use another name or transport");
}

HUBBUB_DECL name_claim::~name_claim() {
    auto& all = all_name_claims();
    std::lock_guard const lock(all.mutex);
    all.held.erase(held_);
}

} // namespace hubbub::detail
