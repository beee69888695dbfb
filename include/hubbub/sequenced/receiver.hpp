// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/flow/topic_table.hpp>
#include <hubbub/sequenced/dormant_streams.hpp>
#include <hubbub/sequenced/frame.hpp>
#include <hubbub/transport/sequence_options.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace hubbub::detail {

/// Finds out what is missing on the topics of one interest.
///
/// A stream that is heard of for the first time, and not from its beginning, has lost messages or is
/// older than the subscription. Its publisher knows how old it is, and is asked: the answer says
/// the age at a time that is not before the question. So it is told as lost only what surely was
/// published to this subscription.
class sequence_receiver {
public:
    using time_point = sequence_clock::time_point;

    /// Numbers that are missing; none if first is 0.
    struct range {
        std::uint64_t first = 0;
        std::uint64_t last = 0;
    };

    struct verdict {
        /// The message is to be delivered: it is none that was seen, and no beacon.
        bool deliver = false;
        bool duplicate = false;
        /// Whether the publisher is to be asked about this topic.
        bool ask = false;
        /// Of the beginning of the stream, which an answer has shown to be new.
        range beginning;
        range missing;
    };

    /// id: what its questions bear. number: what no other receiver that shares dormant has.
    sequence_receiver(sequence_options const& o, std::string_view id, dormant_streams& dormant,
                      std::uint64_t number)
        : options_(&o), id_(id), dormant_(&dormant), number_(number) {}

    /// The subscription is active, and its publishers are being asked. True the first time.
    bool activate(time_point now) {
        if (new_after_)
            return false;
        new_after_ = asked_ = now;
        return true;
    }

    verdict accept(std::string_view topic, sequence_frame const& frame, time_point now) {
        auto& s = find(topic, frame, now);
        s.heard = now;
        verdict v;
        if (s.unheard > 0)
            judge(s, frame, now, v);
        auto const expected = s.last + 1;
        v.duplicate = frame.number < expected && !frame.is_beacon;
        v.deliver = frame.number >= expected && !frame.is_beacon;
        if (auto const last_missing = before(frame); last_missing >= expected && s.is_active)
            v.missing = {expected, last_missing};
        s.is_active = new_after_.has_value();
        s.last = std::max(s.last, frame.number);
        return v;
    }

    /// Puts streams aside that have been silent for long. Complexity: linear in the streams, and
    /// done once in dormant_after.
    void tick(time_point now) {
        if (now < deadline_)
            return;
        for (auto& [topic, streams] : topics_)
            std::erase_if(streams, [&](auto const& item) {
                if (now - item.second.heard < options_->dormant_after)
                    return false;
                dormant_->put(number_, topic, item.first, item.second);
                return true;
            });
        std::erase_if(topics_, [](auto const& item) { return item.second.empty(); });
        deadline_ = topics_.empty() ? time_point::max() : dormant_later(now);
    }

    /// The link is whole again: that nothing came while it was not, says nothing of a stream.
    void resume(time_point now) {
        for (auto& [topic, streams] : topics_)
            for (auto& [id, s] : streams)
                s.heard = now;
    }

    /// When tick is to be called next, at the latest.
    time_point deadline() const noexcept { return deadline_; }

private:
    struct stream : stream_progress {
        time_point asked = {};
        std::chrono::milliseconds pause{};
        /// It was heard of since the subscription is active: what comes before may be the rest of
        /// one that was just ended, and nothing is missing between.
        bool is_active = false;
    };

    static std::uint64_t before(sequence_frame const& frame) noexcept {
        return frame.number - (frame.is_beacon ? 0 : 1);
    }

    /// All receivers have the same few times, at which they are ticked together.
    time_point dormant_later(time_point now) const {
        sequence_clock::duration const after = options_->dormant_after;
        auto const step = std::max(after / 8, sequence_clock::duration(1));
        return time_point(((now + after).time_since_epoch() / step + 1) * step);
    }

    stream& find(std::string_view topic, sequence_frame const& frame, time_point now) {
        auto at = topics_.find(topic);
        if (at == topics_.end())
            at = topics_.emplace(topic, string_map<stream>{}).first;
        auto const known = at->second.find(frame.stream);
        if (known != at->second.end())
            return known->second;
        deadline_ = std::min(deadline_, dormant_later(now));
        stream_progress const first{.last = before(frame), .unheard = before(frame), .heard = now};
        auto const progress = dormant_->take(number_, topic, frame.stream).value_or(first);
        stream const s{progress, asked_, options_->beacon_interval, new_after_.has_value()};
        return at->second.emplace(frame.stream, s).first->second;
    }

    /// Makes what there is to make of a frame of a stream whose beginning is not known of.
    void judge(stream& s, sequence_frame const& frame, time_point now, verdict& v) const {
        if (!new_after_)
            return;
        if (auto const answer = frame.answer_to(id_)) {
            auto const [to, age] = *answer;
            // If a stream that was forgotten goes on, it must not be taken for new.
            auto const new_after = std::max(*new_after_, dormant_->forgotten_until());
            // By whole milliseconds: later only if it is so for sure.
            bool const is_new =
                to.asked > age && to.asked - age > sequence_ms(new_after.time_since_epoch());
            auto const settle_ms = sequence_ms(options_->settle_time);
            if (is_new)
                v.beginning = {1, s.unheard};
            if (is_new || sequence_ms(now.time_since_epoch()) <= to.asked + settle_ms) {
                s.unheard = 0;
                return;
            }
        }
        v.ask = now - s.asked >= s.pause;
        if (v.ask) {
            s.asked = now;
            s.pause = std::min(2 * s.pause, options_->beacon_cap);
        }
    }

    sequence_options const* options_;
    std::string const id_;
    dormant_streams* dormant_;
    std::uint64_t number_;
    /// What began later was never heard of before.
    std::optional<time_point> new_after_;
    time_point asked_ = {};
    string_map<string_map<stream>> topics_;
    time_point deadline_ = time_point::max();
};

} // namespace hubbub::detail
