// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>

#include <chrono>
#include <cstddef>
#include <string>

namespace hubbub {

/// Decides when the connections of the server that makes a call get that call.
enum class delivery_order {
    /// When it comes back from the backplane. Where the transport has one order for all
    /// (traits.agreed_order), the members of a group on all servers see one order.
    via_backplane,
    /// At once, whatever becomes of the backplane; its echo is dropped. The members of a group on
    /// two servers may then see two orders, and those of the other servers miss what is made while
    /// the backplane is away, which the events of its transport tell.
    local_first,
};

/// The options of a hub. All servers of one hub have the same.
struct hub_options {
    /// The first part of the hub's topics: servers with the same name are one hub. Without '/', so
    /// that no hub's topics are another's. A transport has one hub of a name at a time.
    std::string name = "hub";
    /// Limits how long an operation on another server's connection may take, and how long the
    /// answer to one may wait for room in the queue (bus::async_publish); positive.
    std::chrono::milliseconds request_timeout{10000};
    delivery_order order = delivery_order::via_backplane;

    /// How often each server tells the others that it is alive; positive.
    std::chrono::milliseconds beacon_interval{1000};
    /// A server is lost when this many of its beacons in a row are missing. What was asked of it
    /// fails at most (missed_beacons + 1) × beacon_interval after it died, and it is counted no
    /// more. A beacon goes out in its turn: one that lives is lost, too, if what waits in its
    /// transport takes longer than that to go out, and joins again when it is heard. While one
    /// waits for room, other publishes of the bus are refused as queue_full, also smaller ones. At
    /// least 2.
    unsigned missed_beacons = 3;

    /// How many clients may wait in async_connect while the backplane is away; while so many do,
    /// all others are refused as queue_full. 0: no limit.
    std::size_t max_connecting = 10000;

    /// How many bytes may wait in the outboxes of all connections together. Beyond it an eighth is
    /// made free: the connections that hold most lose their oldest calls, or are ended, as their
    /// outbox_options say. Calls that an ended connection has not read yet do not count. At least
    /// 1.
    std::size_t outbox_budget = std::size_t{256} << 20;

    /// How many methods of one connection run at a time: with one, in the order called. 0: no
    /// limit. A method that takes or gives streams lets the next run when it first waits, or has
    /// returned.
    std::size_t parallel_calls = 1;
    /// How many more of its calls may wait, and how many of its joins of one group, while the
    /// backplane is away; and how many calls of all servers (servers::send), until this one has met
    /// the others. Those beyond are refused as queue_full. 0: no limit.
    std::size_t max_waiting_calls = 1000;
    /// How many streams of one connection may be open, both ways together: those beyond fail as
    /// refused. One that ended is open until its last item is received. 0: no limit.
    std::size_t max_streams = 100;
    /// How many items of a stream are kept until they are received; then the sender waits. At least
    /// 1.
    std::size_t max_stream_items = 16;
    /// The same in bytes, about those of their encodings; an item that is larger is kept alone. 0:
    /// no limit. Objects that travel in place have no size, and are not bounded by it.
    std::size_t max_stream_bytes = 0;
    /// Tells callers the text of whatever exception a method throws, and not of hub_error alone.
    bool detailed_errors = false;
    /// Finds methods whatever the case of their ASCII letters, as SignalR does.
    bool ignore_method_case = false;
};

namespace detail {

/// The options, with times that are bounded. Errors: throws std::invalid_argument, which names the
/// option that cannot work.
hub_options checked(hub_options o);

} // namespace detail
} // namespace hubbub

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/impl/options.ipp>
#endif
