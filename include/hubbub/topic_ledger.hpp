// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/event.hpp>
#include <hubbub/flow/topic_table.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

namespace hubbub {

/// What became of the messages of one topic, at one bus.
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
    /// Known to be missing, by numbers (`sequenced`).
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
    /// Counts that many topics apart, those that come first; others() has the rest.
    explicit topic_ledger(std::size_t max_topics = 10'000)
        : shared_(std::make_shared<shared>(max_topics)) {}

    /// All zero for a topic that nothing was heard of.
    topic_statistics read(std::string_view topic) const {
        std::lock_guard const lock(shared_->mutex);
        auto const found = shared_->topics.find(topic);
        return found == shared_->topics.end() ? topic_statistics{} : found->second;
    }

    /// Sorted by name.
    std::vector<std::pair<std::string, topic_statistics>> read_all() const {
        std::vector<std::pair<std::string, topic_statistics>> all;
        {
            std::lock_guard const lock(shared_->mutex);
            all.assign(shared_->topics.begin(), shared_->topics.end());
        }
        std::sort(all.begin(), all.end(),
                  [](auto const& a, auto const& b) { return a.first < b.first; });
        return all;
    }

    /// The topics for which there was no place, together.
    topic_statistics others() const {
        std::lock_guard const lock(shared_->mutex);
        return shared_->others;
    }

    void on_publish(std::string_view topic, std::size_t bytes, std::error_code refused) const {
        count(topic, [&](topic_statistics& s) {
            ++s.published;
            (refused ? s.refused : s.published_bytes) += refused ? 1 : bytes;
        });
    }

    void on_delivery(std::string_view topic, std::size_t bytes, std::size_t sinks) const {
        count(topic, [&](topic_statistics& s) {
            s.delivered += sinks;
            s.delivered_bytes += bytes * sinks;
        });
    }

    void on_event(event const& e) const {
        std::visit(
            overloaded{
                [this](gap const& g) {
                    count(g.topic, [&](auto& s) { s.lost += g.last - g.first + 1; });
                },
                [this](message_dropped const& d) {
                    count(d.topic, [&](auto& s) { s.dropped += d.count; });
                },
                [this](message_malformed const& m) {
                    count(m.topic, [](auto& s) { ++s.malformed; });
                },
                [this](sink_failed const& f) { count(f.topic, [](auto& s) { ++s.failed; }); },
                [](auto const& /*of no topic*/) {},
            },
            e);
    }

private:
    struct shared {
        explicit shared(std::size_t most) : max_topics(most) {}

        std::size_t const max_topics;
        std::mutex mutex; // guards what follows
        detail::string_map<topic_statistics> topics;
        topic_statistics others;
    };

    template <class Change>
    void count(std::string_view topic, Change change) const {
        std::lock_guard const lock(shared_->mutex);
        auto found = shared_->topics.find(topic);
        if (found == shared_->topics.end()) {
            if (shared_->topics.size() >= shared_->max_topics)
                return change(shared_->others);
            found = shared_->topics.emplace(topic, topic_statistics{}).first;
        }
        change(found->second);
    }

    std::shared_ptr<shared> shared_;
};

} // namespace hubbub
