// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <string_view>
#include <system_error>
#include <variant>

namespace hubbub {

/// The outlet of a connection threw. The other connections still get the call.
struct outlet_failed {
    std::string_view connection;
    std::string_view method;
    std::exception_ptr exception;
};

/// A call of a method of the hub, or of one that its servers call, failed at this server; its caller
/// is told the error and the text, if it waits for an answer. Or this server's own call of all
/// servers (servers::send) waited for them to meet, and has not reached all: timed_out, if they did
/// not meet in time, closed, or why the bus refused it.
struct call_failed {
    /// Empty if a server called it (hub::servers), or was to be called.
    std::string_view connection;
    std::string_view method;
    std::error_code error;
    std::string_view text;
    /// What the method threw, unless it was a hub_error.
    std::exception_ptr exception;
};

/// A server of the hub was heard for the first time; this one too.
struct server_joined {
    std::string_view server;
};

/// A server of the hub has ended, or is not heard any more. What was asked of it has failed.
struct server_left {
    std::string_view server;
};

/// The answer to what another server asked did not reach it: no room in the outgoing queue within
/// hub_options::request_timeout (timed_out), nobody who listens (unknown_server), or why it could not
/// be published. Who asked is told timed_out, if it is still there.
struct answer_lost {
    std::string_view server;
    std::error_code error;
};

/// The policy (hub::authorize) did not allow a connection to call this method, to join this group,
/// or, if it is empty, to connect.
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

/// A function that is told of a connection's end, or that it had better leave, or of who comes and
/// goes, threw. All others are still told, and so is it of what follows.
struct hook_failed {
    std::string_view connection; // empty for on_change
    /// "on_closed" or "on_drain" (connect_options), "on_disconnected" (hub), or "on_change" (presence).
    std::string_view hook;
    std::exception_ptr exception;
};

/// What tells of those who come and go was refused: the observer (presence::on_change) hears nothing. It
/// may be given again.
struct watch_failed {
    std::error_code error;
};

/// What a hub tells its owner. Views in it are valid during the call.
using hub_event = std::variant<outlet_failed, call_failed, server_joined, server_left, answer_lost,
                               action_refused, calls_dropped, hook_failed, watch_failed>;

/// Gets every event of a hub. It must not throw.
using hub_observer = std::function<void(hub_event const&)>;

} // namespace hubbub
