// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>

namespace hubbub {

struct hub_options {
    /// The first part of the hub's topics: servers with the same name are one hub.
    std::string name = "hub";
    /// How long an operation on another server's connection may take.
    std::chrono::milliseconds request_timeout{10000};
};

} // namespace hubbub
