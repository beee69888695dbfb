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

/// A call of a method of the hub failed; its caller is told the error and the text.
struct call_failed {
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

/// The observer of who comes and goes (presence::on_change) threw. It is told all that comes later.
struct presence_observer_failed {
    std::exception_ptr exception;
};

/// What a hub tells its owner. Views in it are valid during the call.
using hub_event = std::variant<outlet_failed, call_failed, server_joined, server_left,
                               action_refused, calls_dropped, presence_observer_failed>;

/// Gets every event of a hub. It must not throw.
using hub_observer = std::function<void(hub_event const&)>;

} // namespace hubbub
