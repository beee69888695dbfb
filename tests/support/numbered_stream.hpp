// SPDX-License-Identifier: MIT
// A publisher of numbered messages and a receiver of them, in a test's own time.
#pragma once

#include <hubbub/sequenced/receiver.hpp>
#include <hubbub/sequenced/sender.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace sequence_test {

using hubbub::sequence_options;
using hubbub::detail::idle_streams;
using hubbub::detail::sequence_frame;
using hubbub::detail::sequence_mark;
using hubbub::detail::sequence_ms;
using hubbub::detail::sequence_receiver;
using hubbub::detail::sequence_sender;

using time_point = sequence_sender::time_point;
using names = std::vector<std::string>;

inline std::string text(sequence_frame const& frame) {
    std::string bytes;
    frame.append_to(bytes);
    return bytes;
}

/// A publisher, a receiver, and the time between them.
struct numbered_stream {
    static constexpr std::string_view receiver_id = "0123456789";

    sequence_options options;
    sequence_sender sender{options, 0xab};
    idle_streams dormant{options.max_dormant};
    sequence_receiver receiver{options, receiver_id, dormant, 1};
    time_point now{std::chrono::hours(1)};

    std::string send(std::string_view topic = "t", std::string_view payload = "x") {
        return text(*sender.next(topic, payload, now));
    }

    /// What is made of a frame: "deliver", "duplicate", "missing 2-4", "ask", or nothing.
    names receive(std::string const& bytes, std::string_view topic = "t") {
        auto const frame = sequence_frame::parse(bytes);
        REQUIRE(frame);
        auto const v = receiver.accept(topic, *frame, now);
        names made;
        for (auto const& lost : {v.beginning, v.missing})
            if (lost.first != 0)
                made.push_back("missing " + std::to_string(lost.first) + "-" +
                               std::to_string(lost.last));
        if (v.ask)
            made.emplace_back("ask");
        if (v.duplicate)
            made.emplace_back("duplicate");
        if (v.deliver)
            made.emplace_back("deliver");
        return made;
    }

    /// What is sent when the sender's next beacons are due.
    names beacons() {
        names sent;
        while (sent.empty() && sender.deadline() < time_point::max()) {
            now = sender.deadline();
            sender.tick(now, [&](auto topic, auto const& frame) {
                sent.push_back(std::string(topic) + ": " + text(frame));
                return true;
            });
        }
        return sent;
    }

    sequence_mark question() const { return {receiver_id, sequence_ms(now.time_since_epoch())}; }

    /// What the sender says to a question.
    std::string answer(sequence_mark const& to, std::string_view topic = "t") {
        return answer_of(sender, to, topic);
    }
    std::string answer_of(sequence_sender& publisher, sequence_mark const& to,
                          std::string_view topic = "t") {
        publisher.answer(to, topic, now);
        now += sequence_sender::gathering_time;
        std::string said;
        publisher.tick(now, [&](auto, auto const& frame) {
            if (!frame.answers.empty())
                said = text(frame);
            return true;
        });
        return said;
    }

    void settle() {
        receiver.activate(now);
        now += options.settle_time;
    }
};

} // namespace sequence_test
