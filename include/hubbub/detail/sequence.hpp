// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/detail/topic_table.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

// Numbered messages, without I/O: who publishes numbers them, who receives finds out what is
// missing. Time is what the caller says it is.
namespace hubbub::detail {

using sequence_clock = std::chrono::steady_clock;

/// What stands before a payload: "<stream> <number> ", and the payload follows. A beacon ends after
/// the number, and says which number was the last.
///
/// A stream is what one publisher sends on one topic; it has 16 hexadecimal digits.
struct sequence_frame {
    static constexpr std::size_t stream_size = 16;
    /// The most that it adds to a payload: a stream, a number of up to 19 digits, two spaces.
    static constexpr std::size_t max_size = stream_size + 19 + 2;

    std::string_view stream;
    std::uint64_t number = 0;
    bool is_beacon = false;
    std::string_view payload = {};

    /// Nothing if bytes are no such frame.
    static std::optional<sequence_frame> parse(std::string_view bytes) noexcept {
        auto const is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
        if (bytes.size() < stream_size + 2 || bytes[stream_size] != ' ' ||
            !std::all_of(bytes.begin(), bytes.begin() + stream_size, is_hex))
            return std::nullopt;
        sequence_frame frame{.stream = bytes.substr(0, stream_size)};
        auto const* const begin = bytes.data() + stream_size + 1;
        auto const* const end = bytes.data() + bytes.size();
        auto const [after, error] = std::from_chars(begin, end, frame.number);
        if (error != std::errc{} || frame.number == 0)
            return std::nullopt;
        frame.is_beacon = after == end;
        if (frame.is_beacon)
            return frame;
        if (*after != ' ')
            return std::nullopt;
        frame.payload = {after + 1, static_cast<std::size_t>(end - after - 1)};
        return frame;
    }

    void append_to(std::string& out) const {
        std::array<char, 24> digits{};
        auto* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
        out.append(stream).append(1, ' ').append(digits.data(), end);
        if (!is_beacon)
            out.append(1, ' ').append(payload);
    }
};

/// When beacons are sent, and what is forgotten.
struct sequence_options {
    /// A topic that was published on and has been idle for so long gets a beacon; the next follows
    /// after twice the time, and so on, up to beacon_cap.
    std::chrono::milliseconds beacon_interval{1000};
    std::chrono::milliseconds beacon_cap{60000};
    /// A topic idle for so long is forgotten by its publisher, whose next message begins a new
    /// stream; and a stream silent for so long by its receivers, when it has been silent for twice
    /// as long at the latest. More than beacon_cap. Time in which one's own link is down does not
    /// count; but who was away for longer than this does not learn what he missed of a stream that
    /// its publisher forgot meanwhile, nor do others of a publisher that was.
    std::chrono::milliseconds forget_after{600000};
    /// A stream that is heard of for the first time so long after the subscription became active
    /// is new: its numbers begin at 1. Before that it may be older than the subscription.
    std::chrono::milliseconds settle_time{1000};
};

/// Numbers what is published.
class sequence_sender {
public:
    using time_point = sequence_clock::time_point;

    /// seed: 40 bits, different for every publisher anywhere.
    sequence_sender(sequence_options const& o, std::uint64_t seed) : options_(&o), seed_(seed) {}

    /// What stands before the next message on topic; it counts as sent unless unsend follows.
    sequence_frame next(std::string_view topic, std::string_view payload, time_point now) {
        auto found = topics_.find(topic);
        if (found == topics_.end())
            found = topics_.emplace(topic, stream{new_stream_id()}).first;
        auto& s = found->second;
        s.last_sent = now;
        s.pause = options_->beacon_interval;
        s.beacon_at = now + s.pause;
        next_beacon_ = std::min(next_beacon_, s.beacon_at);
        return {s.id, ++s.number, false, payload};
    }

    /// The last message on topic was refused.
    void unsend(std::string_view topic) {
        auto const found = topics_.find(topic);
        if (--found->second.number == 0)
            topics_.erase(found);
    }

    /// Calls beacon(topic, frame) for each topic that is due, and forgets the oldest.
    template <class Beacon>
    void tick(time_point now, Beacon beacon) {
        std::erase_if(topics_, [&](auto const& item) {
            return now - item.second.last_sent >= options_->forget_after;
        });
        next_beacon_ = time_point::max();
        for (auto& [topic, s] : topics_) {
            if (s.beacon_at <= now) {
                beacon(std::string_view(topic), sequence_frame{s.id, s.number, true});
                s.pause = std::min(2 * s.pause, options_->beacon_cap);
                s.beacon_at = now + s.pause;
            }
            next_beacon_ = std::min(next_beacon_, s.beacon_at);
        }
    }

    /// The link is whole again. That nothing was sent while it was not, says nothing of a topic: it
    /// is as if published on now, and its next beacon tells what the link took away.
    void resume(time_point now) {
        next_beacon_ = time_point::max();
        for (auto& [topic, s] : topics_) {
            s.last_sent = now;
            s.pause = options_->beacon_interval;
            s.beacon_at = now + s.pause;
            next_beacon_ = std::min(next_beacon_, s.beacon_at);
        }
    }

    /// Calls beacon(topic, frame) for each topic of an interest. Complexity: that of a search; of a
    /// pattern linear in the topics.
    template <class Beacon>
    void answer(interest const& what, Beacon beacon) const {
        auto const tell = [&](auto const& item) {
            beacon(std::string_view(item.first),
                   sequence_frame{item.second.id, item.second.number, true});
        };
        if (!what.is_pattern) {
            if (auto const found = topics_.find(what.name); found != topics_.end())
                tell(*found);
            return;
        }
        for (auto const& item : topics_)
            if (glob_match(what.name, item.first))
                tell(item);
    }

    /// When tick is to be called next.
    time_point deadline() const noexcept { return next_beacon_; }

private:
    struct stream {
        std::string id;
        std::uint64_t number = 0;
        time_point last_sent = {};
        std::chrono::milliseconds pause{};
        time_point beacon_at = {};
    };

    std::string new_stream_id() {
        constexpr std::string_view digits = "0123456789abcdef";
        auto bits = seed_ << 24 | (++streams_ & 0xffffff);
        std::string id(sequence_frame::stream_size, '0');
        for (auto at = id.rbegin(); at != id.rend(); ++at, bits >>= 4)
            *at = digits[bits & 15];
        return id;
    }

    sequence_options const* options_;
    std::uint64_t seed_;
    std::uint64_t streams_ = 0;
    string_map<stream> topics_;
    time_point next_beacon_ = time_point::max();
};

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

/// What a receiver asks of all publishers: where the streams of these interests stand. Each is
/// "t" for a topic or "p" for a pattern, the length of its name, ":", and the name.
struct sequence_request {
    static void append(std::string& out, interest const& what) {
        out.append(what.is_pattern ? "p" : "t");
        out.append(std::to_string(what.name.size())).append(1, ':').append(what.name);
    }

    /// Calls each(interest) for what is well-formed, up to the first that is not.
    template <class Each>
    static void parse(std::string_view bytes, Each each) {
        while (bytes.size() > 2 && (bytes[0] == 'p' || bytes[0] == 't')) {
            std::size_t size = 0;
            auto const* const end = bytes.data() + bytes.size();
            auto const [after, error] = std::from_chars(bytes.data() + 1, end, size);
            if (error != std::errc{} || after == end || *after != ':' ||
                static_cast<std::size_t>(end - after - 1) < size)
                return;
            std::string_view const name{after + 1, size};
            each(bytes[0] == 'p' ? interest(pattern{name}) : interest(name));
            bytes = {name.data() + size, static_cast<std::size_t>(end - name.data()) - size};
        }
    }
};

} // namespace hubbub::detail
