// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/cluster/frame.hpp>

#include <functional>
#include <string>

namespace hubbub::detail {

/// Of who is there, for the beacons to tell and to hear of.
struct presence_hooks {
    std::function<void(server_beacon& own)> fill;
    std::function<void(server_beacon const&)> heard;
    std::function<void(std::string const& server)> lost;
    std::function<void(bool)> be_watched;
};

} // namespace hubbub::detail
