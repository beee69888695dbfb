// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/flow/topic_table.hpp>
#include <hubbub/sequenced/frame.hpp>
#include <hubbub/sequenced/idle_streams.hpp>
#include <hubbub/transport/sequence_options.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hubbub::detail {

/// Finds out what is missing on the topics of one filter.
///
/// A stream that is heard of for the first time, and not from its beginning, has lost messages or
/// is older than the subscription. Its publisher knows how old it is, and is asked: the answer says
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
        /// The numbers at the beginning of the stream, which an answer has shown to be new.
        range beginning;
        range missing;
    };

    /// id: what its questions bear. number: what no other receiver that shares dormant has.
    sequence_receiver(sequence_options const& o, std::string_view id, idle_streams& dormant,
                      std::uint64_t number)
        : options_(&o), id_(id), dormant_(&dormant), number_(number) {}

    /// The subscription is active, and its publishers are being asked. True the first time.
    bool activate(time_point now);

    verdict accept(std::string_view topic, sequence_frame const& frame, time_point now);

    /// Puts streams aside that have been silent for long. Complexity: linear in the streams, and
    /// done once in dormant_after.
    void tick(time_point now);

    /// The link is whole again: that nothing came while it was not, says nothing of a stream.
    void resume(time_point now);

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

    static std::uint64_t before(sequence_frame const& frame) noexcept;

    /// All receivers have the same few times, at which they are ticked together.
    time_point dormant_later(time_point now) const;

    stream& find(std::string_view topic, sequence_frame const& frame, time_point now);

    /// Makes what there is to make of a frame of a stream whose beginning is not known of.
    void judge(stream& s, sequence_frame const& frame, time_point now, verdict& v) const;

    sequence_options const* options_;
    std::string const id_;
    idle_streams* dormant_;
    std::uint64_t number_;
    /// The time after which a stream that begins is new.
    std::optional<time_point> new_after_;
    time_point asked_ = {};
    string_map<string_map<stream>> topics_;
    time_point deadline_ = time_point::max();
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/sequenced/impl/receiver.ipp>
#endif
