// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>

#include <string>
#include <utility>

namespace hubbub::detail {

/// Reserves the name of a hub on a transport while this lives. The backplane counts transports: two
/// hubs of one name on one would be one server to those who wait for all.
///
/// Thread safety: distinct objects safe.
class name_claim {
public:
    /// Errors: throws std::invalid_argument if there is one.
    name_claim(void const* transport, std::string const& name);
    name_claim(name_claim const&) = delete;
    name_claim& operator=(name_claim const&) = delete;
    ~name_claim();

private:
    std::pair<void const*, std::string> const held_;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/cluster/impl/name_claim.ipp>
#endif
