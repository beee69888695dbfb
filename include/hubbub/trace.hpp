// SPDX-License-Identifier: MIT
#pragma once

namespace hubbub {

/// A trace is the third policy of a bus: it is told of each message, for logs, spans or counts. It
/// has any of these functions; one that it has not costs nothing.
///
/// | function                              | is called                                            |
/// |---------------------------------------|------------------------------------------------------|
/// | `on_publish(topic, bytes, refused)`   | when a publish was accepted, or refused with an      |
/// |                                       | error; bytes of payload, 0 for an object             |
/// | `on_delivery(topic, bytes, sinks)`    | when a message has been handed to so many            |
/// |                                       | subscriptions of one type, queues among them         |
/// | `on_event(event)`                     | with each event, before the bus's observer           |
///
/// Topics are `std::string_view`, valid during the call. They are called from any thread, several at
/// once, with no lock held, and must not throw. Models: no_trace, topic_ledger.
struct no_trace {};

} // namespace hubbub
