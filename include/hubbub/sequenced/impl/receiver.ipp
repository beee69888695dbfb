// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/sequenced/receiver.hpp>

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace hubbub::detail {

HUBBUB_DECL bool sequence_receiver::activate(time_point now) {
    if (new_after_)
        return false;
    new_after_ = asked_ = now;
    return true;
}

HUBBUB_DECL sequence_receiver::verdict
sequence_receiver::accept(std::string_view topic, sequence_frame const& frame, time_point now) {
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

HUBBUB_DECL void sequence_receiver::tick(time_point now) {
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

HUBBUB_DECL void sequence_receiver::resume(time_point now) {
    for (auto& [topic, streams] : topics_)
        for (auto& [id, s] : streams)
            s.heard = now;
}

HUBBUB_DECL std::uint64_t sequence_receiver::before(sequence_frame const& frame) noexcept {
    return frame.number - (frame.is_beacon ? 0 : 1);
}

HUBBUB_DECL sequence_receiver::time_point sequence_receiver::dormant_later(time_point now) const {
    sequence_clock::duration const after = options_->dormant_after;
    auto const step = std::max(after / 8, sequence_clock::duration(1));
    return time_point(((now + after).time_since_epoch() / step + 1) * step);
}

HUBBUB_DECL sequence_receiver::stream&
sequence_receiver::find(std::string_view topic, sequence_frame const& frame, time_point now) {
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

HUBBUB_DECL void sequence_receiver::judge(stream& s, sequence_frame const& frame, time_point now,
                                          verdict& v) const {
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

} // namespace hubbub::detail
