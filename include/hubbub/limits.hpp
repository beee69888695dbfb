// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>

namespace hubbub {

class memory_budget; // memory_budget.hpp

/// Decides what becomes of publishes while the link is down. On a transport that cannot be down it
/// means nothing.
enum class outage_policy {
    /// They are refused at once, as link_down. What was queued before waits for the link.
    refuse,
    /// They wait for the link, up to the queue's bounds; then they are refused as queue_full.
    keep,
    /// They wait for the link; at the bounds the oldest one that waits makes room, ends as
    /// displaced, and is counted and told (publishes_displaced).
    keep_newest,
};

/// Decides what the full queue of a subscription does with another message, and the full outbox of
/// a connection with another call.
enum class overflow_policy {
    /// The one that has waited longest goes.
    drop_oldest,
    /// The one that came goes.
    drop_newest,
    /// One of each key is kept, the latest: of a message queue_options::key tells it, and it takes
    /// the place of the one before; of a call it is the name of the method. At the bound, that is
    /// with too many keys, the one that has waited longest goes.
    latest_per_key,
    /// The subscription ends: async_receive hands out what is queued, and then says slow_consumer.
    /// The connection is ended, as slow_consumer.
    disconnect,
};

/// The names and payloads that a transport takes, and how many of them wait in it.
struct message_limits {
    /// The longest topic or pattern, in bytes, without what the transport puts before it.
    std::size_t max_name_bytes = 4096;
    /// The largest payload, in bytes.
    std::size_t max_payload_bytes = std::size_t{64} << 20;
    /// The most bytes that are published and not handed to the backplane yet. A publish that would
    /// go beyond it is refused.
    std::size_t max_queue_bytes = std::size_t{64} << 20;
    /// The most messages that are published and not confirmed yet.
    std::size_t max_queue_messages = 1'000'000;
    /// Says what the queue does while the link is down.
    outage_policy while_down = outage_policy::keep;
    /// A memory bound that this queue shares with others; null for none.
    std::shared_ptr<memory_budget> budget = {};
};

} // namespace hubbub
