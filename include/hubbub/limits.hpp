// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>

namespace hubbub {

class memory_budget; // memory_budget.hpp

/// Decides what becomes of publishes while the link is down. On a transport that cannot be down it means
/// nothing.
enum class outage_policy {
    /// They are refused at once, as link_down. What was queued before waits for the link.
    refuse,
    /// They wait for the link, up to the queue's bounds; then they are refused as queue_full.
    keep,
    /// They wait for the link; at the bounds the oldest one that waits makes room, ends as displaced,
    /// and is counted and told (publishes_displaced).
    keep_newest,
};

/// The names and payloads that a transport takes, and how many of them wait in it.
struct message_limits {
    /// A topic or pattern, in bytes, without what the transport puts before it.
    std::size_t max_name_bytes = 4096;
    /// One payload, in bytes.
    std::size_t max_payload_bytes = std::size_t{64} << 20;
    /// The most bytes that are published and not handed to the backplane yet. A publish that would go
    /// beyond it is refused.
    std::size_t max_queue_bytes = std::size_t{64} << 20;
    /// The most messages that are published and not confirmed yet.
    std::size_t max_queue_messages = 1'000'000;
    /// Says what the queue does while the link is down.
    outage_policy while_down = outage_policy::keep;
    /// A bound that it shares with other queues; null for none.
    std::shared_ptr<memory_budget> budget = {};
};

} // namespace hubbub
