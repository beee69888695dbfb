// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/detail/sequence.hpp>
#include <hubbub/detail/topic_table.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hubbub::detail {

/// What receivers remember of the streams they have forgotten: not one by one, but that of each
/// publisher which began last, since its streams are numbered as they begin. So a stream that begins
/// is told from one that goes on, after its publisher was cut off for long.
class forgotten_streams {
public:
    void add(std::string_view stream) {
        auto const at = last_.find(publisher(stream));
        if (at == last_.end() && last_.size() >= most_publishers)
            last_.erase(last_.begin());
        if (at == last_.end())
            last_.emplace(publisher(stream), ordinal(stream));
        else if (at->second < ordinal(stream))
            at->second = ordinal(stream);
    }

    /// False for a stream that began after all that were forgotten.
    bool may_have(std::string_view stream) const {
        auto const at = last_.find(publisher(stream));
        return at != last_.end() && ordinal(stream) <= at->second;
    }

private:
    static constexpr std::size_t publisher_size = 10; // of the digits of a stream
    static constexpr std::size_t most_publishers = 10'000;

    static std::string_view publisher(std::string_view stream) noexcept {
        return stream.substr(0, publisher_size);
    }
    static std::string_view ordinal(std::string_view stream) noexcept {
        return stream.substr(publisher_size);
    }

    string_map<std::string> last_; // the ordinal, by publisher
};

/// Finds out what is missing on the topics of one interest.
class sequence_receiver {
public:
    using time_point = sequence_clock::time_point;

    struct verdict {
        /// The message is to be delivered: it is none that was seen, and no beacon.
        bool deliver = false;
        bool duplicate = false;
        /// The numbers that are missing; none if missing_first is 0.
        std::uint64_t missing_first = 0;
        std::uint64_t missing_last = 0;
    };

    /// Several receivers may share what they have forgotten.
    sequence_receiver(sequence_options const& o, forgotten_streams& forgotten)
        : options_(&o), forgotten_(&forgotten) {}

    /// The subscription is active. True the first time.
    bool activate(time_point now) {
        if (active_since_)
            return false;
        active_since_ = now;
        return true;
    }

    verdict accept(std::string_view topic, sequence_frame const& frame, time_point now) {
        auto& s = find(topic, frame, now);
        s.heard = now;
        verdict v;
        auto const expected = s.last + 1;
        if (frame.number < expected) {
            v.duplicate = !frame.is_beacon;
            return v;
        }
        v.deliver = !frame.is_beacon;
        auto const last_missing = frame.number - (frame.is_beacon ? 0 : 1);
        if (last_missing >= expected) {
            v.missing_first = expected;
            v.missing_last = last_missing;
        }
        s.last = frame.number;
        return v;
    }

    /// Forgets streams that have been silent for long.
    void tick(time_point now) {
        for (auto& [topic, streams] : topics_)
            std::erase_if(streams, [&](auto const& item) {
                if (now - item.second.heard < options_->forget_after)
                    return false;
                forgotten_->add(item.first);
                return true;
            });
        std::erase_if(topics_, [](auto const& item) { return item.second.empty(); });
        deadline_ = topics_.empty() ? time_point::max() : now + options_->forget_after;
    }

    /// The link is whole again: that nothing came while it was not, says nothing of a stream.
    void resume(time_point now) {
        for (auto& [topic, streams] : topics_)
            for (auto& [id, s] : streams)
                s.heard = now;
        tick(now);
    }

    /// When tick is to be called next, at the latest.
    time_point deadline() const noexcept { return deadline_; }

private:
    struct stream {
        std::uint64_t last = 0;
        time_point heard = {};
    };

    stream& find(std::string_view topic, sequence_frame const& frame, time_point now) {
        auto at = topics_.find(topic);
        if (at == topics_.end())
            at = topics_.emplace(topic, string_map<stream>{}).first;
        auto known = at->second.find(frame.stream);
        if (known != at->second.end())
            return known->second;
        deadline_ = std::min(deadline_, now + options_->forget_after);
        bool const is_new = active_since_ && now - *active_since_ >= options_->settle_time &&
                            !forgotten_->may_have(frame.stream);
        auto const before = frame.number - (frame.is_beacon ? 0 : 1);
        return at->second.emplace(frame.stream, stream{is_new ? 0 : before, now}).first->second;
    }

    sequence_options const* options_;
    forgotten_streams* forgotten_;
    std::optional<time_point> active_since_;
    string_map<string_map<stream>> topics_;
    time_point deadline_ = time_point::max();
};

} // namespace hubbub::detail
