// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>

namespace hubbub {

/// When the connections of the server that makes a call get it.
enum class delivery_order {
    /// When it comes back from the backplane. Where the transport has one order for all
    /// (traits.agreed_order), the members of a group on all servers see one order.
    via_backplane,
    /// At once, whatever becomes of the backplane; its echo is dropped. The members of a group on
    /// two servers may then see two orders, and those of the other servers miss what is made while
    /// the backplane is away, which the events of its transport tell.
    local_first,
};

/// The servers of one hub have the same.
struct hub_options {
    /// The first part of the hub's topics: servers with the same name are one hub.
    std::string name = "hub";
    /// How long an operation on another server's connection may take.
    std::chrono::milliseconds request_timeout{10000};
    delivery_order order = delivery_order::via_backplane;
};

} // namespace hubbub
