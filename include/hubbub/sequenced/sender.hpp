// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/flow/topic_table.hpp>
#include <hubbub/sequenced/frame.hpp>
#include <hubbub/transport/sequence_options.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace hubbub::detail {

/// Numbers what is published.
class sequence_sender {
public:
    using time_point = sequence_clock::time_point;
    using beacon_function = std::function<bool(std::string_view topic, sequence_frame const&)>;

    /// How many topics one tick looks at.
    static constexpr int batch = 256;
    /// How long a question waits for others.
    static constexpr std::chrono::milliseconds gathering_time{20};

    /// How many bytes of answers one beacon bears.
    static constexpr std::size_t most_answers = 1024;

    /// seed: 40 bits, different for every publisher anywhere.
    sequence_sender(sequence_options const& o, std::uint64_t seed,
                    std::size_t max_answers = most_answers)
        : options_(&o), seed_(seed), max_answers_(max_answers) {}

    /// The digits that its streams begin with.
    std::string id() const { return stream_id(0).substr(0, sequence_mark::asker_size); }

    /// Returns the text before the next message on topic; it counts as sent unless unsend follows.
    /// Nothing, if that would be a topic too many.
    std::optional<sequence_frame> next(std::string_view topic, std::string_view payload,
                                       time_point now);

    /// The last message on topic was refused.
    void unsend(std::string_view topic);

    /// Calls beacon(topic, frame) for topics that are due, until it returns false. One that was not
    /// sent stays due, as do those beyond a batch. While the link is down it is not called: what
    /// was published may have been lost, and is to be told then. Complexity: a search for each that
    /// is due.
    void tick(time_point now, beacon_function const& beacon);

    /// The link is whole again. That nothing was sent while it was not, says nothing of a topic: it
    /// is as if published on now, and a beacon that is due at once tells what the link took away.
    /// Complexity: linear in the topics.
    void resume(time_point now);

    /// The question of that mark, which came now, is to be answered for each topic of a filter:
    /// by its next beacon, which is due then, so that one answers all who ask at a time, as they do
    /// after an outage. Complexity: that of a search; of a pattern linear in the topics.
    void answer(sequence_mark const& to, topic_filter const& what, time_point now);

    /// A beacon on topic was refused: it stays awake, and the next follows as it would.
    void keep_awake(std::string_view topic, time_point now);

    /// When tick is to be called next.
    time_point deadline() const noexcept;

private:
    struct stream;
    using topic_and_stream = std::pair<std::string const, stream>;
    /// When each topic is to be looked at, which is never too late.
    using agenda = std::multimap<time_point, topic_and_stream*>;
    static constexpr time_point never = time_point::max(); // of dormant ones

    struct stream {
        std::string id;
        time_point began = {};
        std::uint64_t number = 0;
        time_point last_sent = {};
        std::chrono::milliseconds pause{}; // after the next beacon, at most the cap
        time_point beacon_at = {};
        std::string answers;
        agenda::iterator place = {};
    };

    string_map<stream>::iterator begin_stream(std::string_view topic, time_point now);

    void forget(std::string_view topic);
    /// The one that fell asleep first.
    void forget_first_dormant() { forget(agenda_.lower_bound(never)->second->first); }

    static bool is_dormant(stream const& s) { return s.place->first == never; }

    void plan(stream& s, time_point when);
    void plan_no_later(stream& s, time_point when);

    /// One for each asker, the last; and beyond what many beacons bear none. An asker that is not
    /// answered asks again.
    void add_answer(stream& s, sequence_answer const& a) const;

    /// As many as one beacon bears, or one.
    std::string_view first_answers(stream const& s) const;

    /// Not less than it is, also by a clock that is slow by a thousandth.
    static std::uint64_t age_of(stream const& s, time_point now);

    std::string stream_id(std::uint64_t ordinal) const;

    sequence_options const* options_;
    std::uint64_t seed_;
    std::size_t max_answers_;
    std::uint64_t streams_ = 0;
    string_map<stream> topics_;
    agenda agenda_;
    std::size_t dormant_ = 0;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/sequenced/impl/sender.ipp>
#endif
