// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/event.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace hubbub {

/// Counts of what became of the messages of one topic, at one bus.
struct topic_statistics {
    std::uint64_t published = 0;
    std::uint64_t refused = 0;
    /// Payloads that were accepted; of objects none.
    std::uint64_t published_bytes = 0;
    /// Handed to a subscription, or to its queue; and those payloads.
    std::uint64_t delivered = 0;
    std::uint64_t delivered_bytes = 0;
    std::uint64_t malformed = 0;
    /// A sink threw.
    std::uint64_t failed = 0;
    /// Fell out of a queue; so many of a burst count for the topic of the last.
    std::uint64_t dropped = 0;
    /// Messages that are known to be missing by their numbers; 0 unless the transport is
    /// `sequenced`.
    std::uint64_t lost = 0;

    bool operator==(topic_statistics const&) const = default;
};

/// A trace that counts by topic. Its copies count together, so that one stays with the user and one
/// goes into the bus.
///
/// Thread safety: all functions, from any thread; one lock for all topics.
/// Complexity:    a hash look-up a message, and about 200 bytes a topic.
///
/// @code
/// hubbub::topic_ledger topics;
/// hubbub::bus bus{transport, hubbub::json_serializer{}, topics};
/// topics.read("room.42").delivered;
/// @endcode
class topic_ledger {
public:
    /// Counts the first max_topics topics by their names, and all others together (others()).
    explicit topic_ledger(std::size_t max_topics = 10'000);

    /// Returns the counts of a topic; all zero for one that nothing was heard of.
    topic_statistics read(std::string_view topic) const;

    /// Returns the counts of all topics, sorted by name.
    std::vector<std::pair<std::string, topic_statistics>> read_all() const;

    /// Returns the counts of all topics together for which there was no place.
    topic_statistics others() const;

    void on_publish(std::string_view topic, std::size_t bytes, std::error_code refused) const;

    void on_delivery(std::string_view topic, std::size_t bytes, std::size_t sinks) const;

    void on_event(event const& e) const;

private:
    struct shared;

    std::shared_ptr<shared> shared_;
};

} // namespace hubbub

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/impl/topic_ledger.ipp>
#endif
