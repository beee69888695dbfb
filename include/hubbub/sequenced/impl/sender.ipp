// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/sequenced/sender.hpp>

#include <hubbub/flow/glob.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace hubbub::detail {

HUBBUB_DECL std::optional<sequence_frame>
sequence_sender::next(std::string_view topic, std::string_view payload, time_point now) {
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

HUBBUB_DECL void sequence_sender::unsend(std::string_view topic) {
    auto const found = topics_.find(topic);
    if (--found->second.number == 0) {
        forget(topic);
        --streams_; // it was the last to begin
    }
}

HUBBUB_DECL void sequence_sender::tick(time_point now, beacon_function const& beacon) {
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

HUBBUB_DECL void sequence_sender::resume(time_point now) {
    for (auto& [topic, s] : topics_) {
        if (is_dormant(s))
            continue; // the link had been whole for long when it fell asleep
        s.last_sent = now;
        s.beacon_at = now;
        s.pause = options_->beacon_interval;
        plan(s, now);
    }
}

HUBBUB_DECL void sequence_sender::answer(sequence_mark const& to, topic_filter const& what,
                                         time_point now) {
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

HUBBUB_DECL void sequence_sender::keep_awake(std::string_view topic, time_point now) {
    if (auto const found = topics_.find(topic); found != topics_.end()) {
        auto& s = found->second;
        s.last_sent = now;
        s.beacon_at = std::max(s.beacon_at, now + options_->beacon_interval);
        plan_no_later(s, s.beacon_at);
    }
}

HUBBUB_DECL sequence_sender::time_point sequence_sender::deadline() const noexcept {
    return agenda_.empty() ? never : agenda_.begin()->first;
}

HUBBUB_DECL string_map<sequence_sender::stream>::iterator
sequence_sender::begin_stream(std::string_view topic, time_point now) {
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

HUBBUB_DECL void sequence_sender::forget(std::string_view topic) {
    auto const found = topics_.find(topic);
    agenda_.erase(found->second.place);
    topics_.erase(found);
}

HUBBUB_DECL void sequence_sender::plan(stream& s, time_point when) {
    dormant_ -= is_dormant(s) ? 1U : 0U;
    auto node = agenda_.extract(s.place);
    node.key() = when;
    s.place = agenda_.insert(std::move(node));
    dormant_ += is_dormant(s) ? 1U : 0U;
}

HUBBUB_DECL void sequence_sender::plan_no_later(stream& s, time_point when) {
    if (when < s.place->first)
        plan(s, when);
}

HUBBUB_DECL void sequence_sender::add_answer(stream& s, sequence_answer const& a) const {
    auto const begin = s.answers.find('@' + std::string(a.to.asker) + ' ');
    if (begin != std::string::npos)
        s.answers.erase(begin, s.answers.find('@', begin + 1) - begin);
    if (s.answers.size() < 16 * max_answers_)
        a.append_to(s.answers);
}

HUBBUB_DECL std::string_view sequence_sender::first_answers(stream const& s) const {
    std::string_view const all = s.answers;
    if (all.size() <= max_answers_)
        return all;
    auto const end = all.rfind('@', max_answers_);
    return all.substr(0, end > 0 ? end : all.find('@', 1));
}

HUBBUB_DECL std::uint64_t sequence_sender::age_of(stream const& s, time_point now) {
    auto const age = sequence_ms(now - s.began) + 1;
    return age + age / 1000 + 1;
}

HUBBUB_DECL std::string sequence_sender::stream_id(std::uint64_t ordinal) const {
    constexpr std::string_view digits = "0123456789abcdef";
    auto bits = seed_ << 24 | (ordinal & 0xffffff);
    std::string id(sequence_frame::stream_size, '0');
    for (auto at = id.rbegin(); at != id.rend(); ++at, bits >>= 4)
        *at = digits[bits & 15];
    return id;
}

} // namespace hubbub::detail
