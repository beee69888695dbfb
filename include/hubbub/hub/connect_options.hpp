// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <system_error>
#include <utility>

namespace hubbub {

/// The reason why a connection ended.
struct close_reason {
    /// None if it left by itself; disconnected: by target::disconnect; refused: not admitted;
    /// slow_consumer; shutting_down; closed: its hub ended.
    std::error_code code = {};
    /// The text that came with it; may be empty.
    std::string text = {};
};

/// Describes the client that connects: its user, and what is called at its end. A name alone is a user. An exception of its functions is an event
/// hook_failed of the hub.
/// They, and the handler beside them, live as long as the connection object: one that belongs to a
/// session which owns that object must hold the session weakly.
struct connect_options {
    // NOLINTBEGIN(google-explicit-constructor): a user is the common case, and reads as one.
    connect_options() = default;
    connect_options(std::string name) : user(std::move(name)) {}
    connect_options(char const* name) : user(name) {}
    // NOLINTEND(google-explicit-constructor)

    /// Empty for none.
    std::string user;
    /// Called once on the bus's executor if the hub ends the connection, with the reason: not if it
    /// disconnects itself.
    std::function<void(close_reason const&)> on_closed;
    /// Called once on the bus's executor, with a text, if the server is about to shut down
    /// (hub::async_drain): the client had better leave for another server now.
    std::function<void(std::string const&)> on_drain;
};

} // namespace hubbub
