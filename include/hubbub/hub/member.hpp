// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/invocation.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace hubbub::detail {

template <class Bus>
class audience;

/// A connection, as its server has it.
template <class Bus>
struct member {
    using serializer = typename Bus::serializer_type;

    std::uint64_t number = 0;
    std::string id = {};
    std::string user = {};
    outlet<serializer> out = {};
    std::atomic<bool> connected = true;
    /// The groups it is in, or about to be; guarded by the roster's lock.
    std::vector<std::shared_ptr<audience<Bus>>> groups = {};
};

template <class Bus>
using member_ptr = std::shared_ptr<member<Bus>>;

template <class Bus>
using member_list = std::vector<member_ptr<Bus>>;

} // namespace hubbub::detail
