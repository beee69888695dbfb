// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>

#include <string>
#include <system_error>

namespace hubbub {

/// The reason why a connection ended.
struct close_reason {
    /// None if it left by itself; disconnected: by target::disconnect; refused: not admitted;
    /// slow_consumer; shutting_down; closed: its hub ended.
    std::error_code code = {};
    /// The text that came with it; may be empty.
    std::string text = {};
};

/// Describes the client that connects: its user, and what is called at its end. An exception of its
/// functions is an event hook_failed of the hub.
///
/// They, and the handler beside them, live as long as the connection object: one that belongs to a
/// session which owns that object must hold the session weakly.
struct connect_options {
    /// Empty for none.
    std::string user = {};
    /// Called once on the bus's executor if the hub ends the connection, with the reason: not if it
    /// disconnects itself.
    detail::option_function<void(close_reason const&)> on_closed = {};
    /// Called once on the bus's executor, with a text, if the server is about to shut down
    /// (hub::async_drain): the client had better leave for another server now.
    detail::option_function<void(std::string const&)> on_drain = {};
};

} // namespace hubbub
