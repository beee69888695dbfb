// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <string_view>
#include <system_error>
#include <variant>

namespace hubbub {

/// The client_handler of a connection, or a method of its client_methods, threw. The other
/// connections still get the call.
struct client_handler_failed {
    std::string_view connection;
    std::string_view method;
    std::exception_ptr exception;
};

/// A call of a method of the hub, or of one that its servers call, failed at this server; its
/// caller is told the error and the text, if it waits for an answer. Or this server's own call of
/// all servers (servers::send) waited for them to meet, and has not reached all: timed_out, if they
/// did not meet in time, closed, or why the bus refused it.
struct call_failed {
    /// Empty if a server called it (hub::servers), or was to be called.
    std::string_view connection;
    std::string_view method;
    std::error_code error;
    std::string_view text;
    /// The exception of the method, unless it was a hub_error.
    std::exception_ptr exception;
};

/// A server of the hub was heard for the first time; this one too.
struct server_joined {
    std::string_view server;
};

/// A server of the hub has ended, or is not heard any more. Questions to it have failed.
struct server_left {
    std::string_view server;
};

/// The answer to a question of another server did not reach it: no room in the outgoing queue
/// within hub_options::request_timeout (timed_out), nobody who listens (unknown_server), or why it
/// could not be published. The server that asked is told timed_out, if it is still there.
struct answer_lost {
    std::string_view server;
    std::error_code error;
};

/// The policy (hub::on_authorize) did not allow a connection to call this method, to join this
/// group, or, if it is empty, to connect.
struct action_refused {
    std::string_view connection;
    std::string_view name;
};

/// Calls for a connection were dropped, since its outbox was full (outbox_options) or it held most
/// when all together were too much (hub_options::outbox_budget).
struct calls_dropped {
    std::string_view connection;
    std::size_t count;
};

/// A function of the user's threw that is called when a connection ends, is to leave, or when
/// presence changes. All others are still called, and this one is called again.
struct hook_failed {
    std::string_view connection; // empty for set_observer
    /// "on_closed" or "on_drain" (connect_options), "on_disconnected" (hub), or "observer"
    /// (presence).
    std::string_view hook;
    std::exception_ptr exception;
};

/// The backplane refused the topic of presence changes: the observer (presence::set_observer) hears
/// nothing. It may be given again.
struct watch_failed {
    std::error_code error;
};

/// An event of a hub, for its owner. Views in it are valid during the call.
using hub_event =
    std::variant<client_handler_failed, call_failed, server_joined, server_left, answer_lost,
                 action_refused, calls_dropped, hook_failed, watch_failed>;

/// Gets every event of a hub. It must not throw.
using hub_observer = std::function<void(hub_event const&)>;

} // namespace hubbub
