// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/flow/topic_table.hpp>
#include <hubbub/sequenced/frame.hpp>
#include <hubbub/transport/sequence_options.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
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

    /// What stands before the next message on topic; it counts as sent unless unsend follows.
    /// Nothing, if that would be a topic too many.
    std::optional<sequence_frame> next(std::string_view topic, std::string_view payload,
                                       time_point now) {
        auto found = topics_.find(topic);
        bool const is_awake = found != topics_.end() && !is_dormant(found->second);
        if (!is_awake && topics_.size() - dormant_ >= options_->max_topics)
            return std::nullopt;
        if (found == topics_.end())
            found = begin_stream(topic, now);
        auto& s = found->second;
        s.last_sent = now;
        s.beacon_at = now + options_->beacon_interval;
        s.pause = 2 * options_->beacon_interval;
        // A beacon that is due later than planned is put off when its time comes.
        plan_no_later(s, s.beacon_at);
        return sequence_frame{.stream = s.id, .number = ++s.number, .payload = payload};
    }

    /// The last message on topic was refused.
    void unsend(std::string_view topic) {
        auto const found = topics_.find(topic);
        if (--found->second.number == 0) {
            forget(topic);
            --streams_; // it was the last to begin
        }
    }

    /// Calls beacon(topic, frame) for topics that are due, until it returns false. One that was not
    /// sent stays due, as do those beyond a batch. While the link is down it is not called: what was
    /// published may have been lost, and is to be told then. Complexity: a search for each that is
    /// due.
    template <class Beacon>
    void tick(time_point now, Beacon beacon) {
        for (int left = batch; left > 0 && deadline() <= now; --left) {
            auto& [topic, s] = *agenda_.begin()->second;
            auto const dormant_at = s.last_sent + options_->dormant_after;
            bool const is_due = s.beacon_at <= now && now < dormant_at;
            if (is_due || !s.answers.empty()) {
                auto const answers = first_answers(s);
                if (!beacon(std::string_view(topic), sequence_frame{.stream = s.id,
                                                                    .number = s.number,
                                                                    .is_beacon = true,
                                                                    .answers = answers}))
                    return;
                s.answers.erase(0, answers.size());
            }
            if (is_due) {
                s.pause = std::min(s.pause, options_->beacon_cap);
                s.beacon_at = now + s.pause;
                s.pause *= 2;
            }
            plan(s, !s.answers.empty() ? now
                    : now < dormant_at ? std::min(s.beacon_at, dormant_at)
                                       : never);
        }
        for (; dormant_ > options_->max_dormant; --dormant_)
            forget_first_dormant();
    }

    /// The link is whole again. That nothing was sent while it was not, says nothing of a topic: it
    /// is as if published on now, and a beacon that is due at once tells what the link took away.
    /// Complexity: linear in the topics.
    void resume(time_point now) {
        for (auto& [topic, s] : topics_) {
            if (is_dormant(s))
                continue; // the link had been whole for long when it fell asleep
            s.last_sent = now;
            s.beacon_at = now;
            s.pause = options_->beacon_interval;
            plan(s, now);
        }
    }

    /// The question of that mark, which came now, is to be answered for each topic of an interest:
    /// by its next beacon, which is due then, so that one answers all who ask at a time, as they do
    /// after an outage. Complexity: that of a search; of a pattern linear in the topics.
    void answer(sequence_mark const& to, interest const& what, time_point now) {
        auto const answer_with_next = [&](stream& s) {
            add_answer(s, {to, age_of(s, now)});
            plan_no_later(s, now + gathering_time);
        };
        if (!what.is_pattern) {
            if (auto const found = topics_.find(what.name); found != topics_.end())
                answer_with_next(found->second);
            return;
        }
        for (auto& [topic, s] : topics_)
            if (glob_match(what.name, topic))
                answer_with_next(s);
    }

    /// A beacon on topic was refused: it stays awake, and the next follows as it would.
    void keep_awake(std::string_view topic, time_point now) {
        if (auto const found = topics_.find(topic); found != topics_.end()) {
            auto& s = found->second;
            s.last_sent = now;
            s.beacon_at = std::max(s.beacon_at, now + options_->beacon_interval);
            plan_no_later(s, s.beacon_at);
        }
    }

    /// When tick is to be called next.
    time_point deadline() const noexcept {
        return agenda_.empty() ? never : agenda_.begin()->first;
    }

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

    string_map<stream>::iterator begin_stream(std::string_view topic, time_point now) {
        auto const at =
            topics_.emplace(topic, stream{.id = stream_id(++streams_), .began = now, .answers = {}})
                .first;
        try {
            at->second.place = agenda_.emplace(now + options_->beacon_interval, &*at);
        } catch (...) {
            topics_.erase(at);
            throw;
        }
        return at;
    }

    void forget(std::string_view topic) {
        auto const found = topics_.find(topic);
        agenda_.erase(found->second.place);
        topics_.erase(found);
    }
    /// The one that fell asleep first.
    void forget_first_dormant() { forget(agenda_.lower_bound(never)->second->first); }

    static bool is_dormant(stream const& s) { return s.place->first == never; }

    void plan(stream& s, time_point when) {
        dormant_ -= is_dormant(s) ? 1 : 0;
        auto node = agenda_.extract(s.place);
        node.key() = when;
        s.place = agenda_.insert(std::move(node));
        dormant_ += is_dormant(s) ? 1 : 0;
    }
    void plan_no_later(stream& s, time_point when) {
        if (when < s.place->first)
            plan(s, when);
    }

    /// One for each asker, the last; and beyond what many beacons bear none. Who is not answered asks
    /// again.
    void add_answer(stream& s, sequence_answer const& a) const {
        auto const begin = s.answers.find('@' + std::string(a.to.asker) + ' ');
        if (begin != std::string::npos)
            s.answers.erase(begin, s.answers.find('@', begin + 1) - begin);
        if (s.answers.size() < 16 * max_answers_)
            a.append_to(s.answers);
    }

    /// As many as one beacon bears, or one.
    std::string_view first_answers(stream const& s) const {
        std::string_view const all = s.answers;
        if (all.size() <= max_answers_)
            return all;
        auto const end = all.rfind('@', max_answers_);
        return all.substr(0, end > 0 ? end : all.find('@', 1));
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
    std::size_t max_answers_;
    std::uint64_t streams_ = 0;
    string_map<stream> topics_;
    agenda agenda_;
    std::size_t dormant_ = 0;
};

} // namespace hubbub::detail
