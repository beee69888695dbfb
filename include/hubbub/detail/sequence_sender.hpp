// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/detail/sequence.hpp>
#include <hubbub/detail/topic_table.hpp>
#include <hubbub/sequence_options.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
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

    /// How many topics one tick looks at.
    static constexpr int batch = 256;

    /// seed: 40 bits, different for every publisher anywhere.
    sequence_sender(sequence_options const& o, std::uint64_t seed) : options_(&o), seed_(seed) {}

    /// The digits that its streams begin with.
    std::string id() const { return stream_id(0).substr(0, sequence_mark::asker_size); }

    /// What stands before the next message on topic; it counts as sent unless unsend follows.
    sequence_frame next(std::string_view topic, std::string_view payload, time_point now) {
        auto found = topics_.find(topic);
        if (found == topics_.end())
            found = begin_stream(topic, now);
        auto& s = found->second;
        s.last_sent = now;
        s.beacon_at = now + options_->beacon_interval;
        s.pause = 2 * options_->beacon_interval;
        // A beacon that is due later than planned is put off when its time comes.
        if (auto const due = down_since_ ? now + options_->forget_after : s.beacon_at;
            due < s.place->first)
            plan(s, due);
        return {s.id, ++s.number, false, payload};
    }

    /// The last message on topic was refused.
    void unsend(std::string_view topic) {
        auto const found = topics_.find(topic);
        if (--found->second.number == 0)
            forget(*found);
    }

    /// Calls beacon(topic, frame) for topics that are due, until it returns false, and forgets the
    /// oldest. One that was not sent stays due, as do those beyond a batch. Complexity: a search for
    /// each that is due.
    template <class Beacon>
    void tick(time_point now, Beacon beacon) {
        for_each_due(now, [&](auto& topic) {
            auto& [name, s] = topic;
            if (now - s.last_sent >= options_->forget_after) {
                forget(topic);
                return true;
            }
            if (s.beacon_at <= now) {
                if (!beacon(std::string_view(name), sequence_frame{s.id, s.number, true}))
                    return false;
                s.pause = std::min(s.pause, options_->beacon_cap);
                s.beacon_at = now + s.pause;
                s.pause *= 2;
            }
            plan(s, std::min(s.beacon_at, s.last_sent + options_->forget_after));
            return true;
        });
    }

    /// The same while the link is down, when no beacon can be sent. What was published on before may
    /// have been lost, which is told later; a stream that began since is nobody's yet, and is
    /// forgotten as ever, so that an outage makes no heap of topics.
    void tick_down(time_point now) {
        if (!down_since_)
            down_since_ = now;
        for_each_due(now, [&](auto& topic) {
            auto& s = topic.second;
            if (s.began > *down_since_ && now - s.last_sent >= options_->forget_after)
                forget(topic);
            else
                plan(s, now + options_->forget_after);
            return true;
        });
    }

    /// The link is whole again. That nothing was sent while it was not, says nothing of a topic: it
    /// is as if published on now, and a beacon that is due at once tells what the link took away.
    /// Complexity: linear in the topics.
    void resume(time_point now) {
        down_since_.reset();
        for (auto& [topic, s] : topics_) {
            s.last_sent = now;
            s.beacon_at = now;
            s.pause = options_->beacon_interval;
            plan(s, now);
        }
    }

    /// Calls beacon(topic, frame) for each topic of an interest, in answer to the question of that
    /// mark. Where it returns false, a beacon is due. Complexity: that of a search; of a pattern
    /// linear in the topics.
    template <class Beacon>
    void answer(sequence_mark const& to, interest const& what, time_point now, Beacon beacon) {
        auto const tell = [&](auto& item) {
            stream& s = item.second;
            sequence_frame const frame{.stream = s.id,
                                       .number = s.number,
                                       .is_beacon = true,
                                       .answer = sequence_answer{to, age_of(s, now)}};
            if (!beacon(std::string_view(item.first), frame)) {
                s.beacon_at = now;
                plan(s, now);
            }
        };
        if (!what.is_pattern) {
            if (auto const found = topics_.find(what.name); found != topics_.end())
                tell(*found);
            return;
        }
        for (auto& item : topics_)
            if (glob_match(what.name, item.first))
                tell(item);
    }

    /// When tick is to be called next.
    time_point deadline() const noexcept {
        return agenda_.empty() ? time_point::max() : agenda_.begin()->first;
    }

private:
    struct stream;
    using topic_and_stream = std::pair<std::string const, stream>;
    /// When each topic is to be looked at, which is never too late.
    using agenda = std::multimap<time_point, topic_and_stream*>;

    struct stream {
        std::string id;
        time_point began = {};
        std::uint64_t number = 0;
        time_point last_sent = {};
        std::chrono::milliseconds pause{}; // after the next beacon, at most the cap
        time_point beacon_at = {};
        agenda::iterator place = {};
    };

    string_map<stream>::iterator begin_stream(std::string_view topic, time_point now) {
        auto const at =
            topics_.emplace(topic, stream{.id = stream_id(++streams_), .began = now}).first;
        at->second.place = agenda_.emplace(time_point::max(), &*at);
        return at;
    }

    void forget(topic_and_stream& topic) {
        agenda_.erase(topic.second.place);
        topics_.erase(topics_.find(topic.first));
    }

    void plan(stream& s, time_point when) {
        auto node = agenda_.extract(s.place);
        node.key() = when;
        s.place = agenda_.insert(std::move(node));
    }

    /// Calls visit(topic), which plans or forgets it, until it returns false.
    template <class Visit>
    void for_each_due(time_point now, Visit visit) {
        for (int left = batch; left > 0 && deadline() <= now; --left)
            if (!visit(*agenda_.begin()->second))
                return;
    }

    /// Not less than it is, also by a clock that is slow by a thousandth.
    static std::uint64_t age_of(stream const& s, time_point now) {
        auto const age = sequence_ms(now - s.began) + 1;
        return age + age / 1000 + 1;
    }

    std::string stream_id(std::uint64_t ordinal) const {
        constexpr std::string_view digits = "0123456789abcdef";
        auto bits = seed_ << 24 | (ordinal & 0xffffff);
        std::string id(sequence_frame::stream_size, '0');
        for (auto at = id.rbegin(); at != id.rend(); ++at, bits >>= 4)
            *at = digits[bits & 15];
        return id;
    }

    sequence_options const* options_;
    std::uint64_t seed_;
    std::uint64_t streams_ = 0;
    string_map<stream> topics_;
    agenda agenda_;
    std::optional<time_point> down_since_;
};

} // namespace hubbub::detail
