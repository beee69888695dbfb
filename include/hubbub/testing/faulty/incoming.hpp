// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/flow/kept_message.hpp>
#include <hubbub/flow/topic_table.hpp>
#include <hubbub/testing/faulty/history.hpp>
#include <hubbub/testing/faulty/plan.hpp>
#include <hubbub/transport.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace hubbub::testing::detail {

/// The messages that have come from the transport below and wait until they are delivered.
template <class ReceiverPtr>
class incoming_messages {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using shared_message = hubbub::detail::shared_message;

    struct entry {
        std::uint64_t number;
        ReceiverPtr to;
        shared_message message;
    };

    using entries = std::multimap<time_point, entry>; // what is due at the same time, as it came

    /// A message comes, to be delivered to `to`: once, twice or never, by the plan.
    void arrive(ReceiverPtr const& to, shared_message const& message, time_point now, bool is_cut,
                fault_plan& plan, history& told) {
        auto const number = told.arrive();
        auto const topic = message->view().topic;
        auto const next = plan.next_fate();
        if (is_cut)
            return told.lose_to_cut(now, number, topic);
        if (next.drop)
            return told.drop(now, number, topic);
        auto const due = push({number, to, message}, now + next.delay, next.reorder);
        told.delay(now, number, topic, due, next.reorder);
        if (next.duplicate) {
            auto const again = push({number, to, message}, due + next.copy_delay, true);
            told.duplicate(now, number, topic, again);
        }
    }

    /// When the next one is to be delivered; max if there is none.
    time_point due() const {
        return entries_.empty() ? time_point::max() : entries_.begin()->first;
    }

    /// The next one; there is one.
    entry take() {
        auto next = std::move(entries_.extract(entries_.begin()).mapped());
        if (entries_.empty())
            last_due_.clear();
        return next;
    }

    /// All there is.
    entries take_all() {
        last_due_.clear();
        return std::exchange(entries_, {});
    }

    /// The same, at a cut.
    entries lose_all(time_point now, history& told) {
        auto all = take_all();
        for (auto const& [due, e] : all)
            told.lose_to_cut(now, e.number, e.message->view().topic);
        return all;
    }

private:
    /// Returns when it is due: not before what came earlier on its topic, unless it may be.
    time_point push(entry e, time_point due, bool out_of_order) {
        if (!out_of_order) {
            auto& last = last_due_[std::string(e.message->view().topic)];
            due = last = std::max(last, due);
        }
        entries_.emplace(due, std::move(e));
        return due;
    }

    entries entries_;
    hubbub::detail::string_map<time_point> last_due_;
};

} // namespace hubbub::testing::detail
