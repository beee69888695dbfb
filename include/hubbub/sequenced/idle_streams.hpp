// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/sequenced/frame.hpp>

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace hubbub::detail {

/// How far a receiver has heard a stream.
struct stream_progress {
    std::uint64_t last = 0;
    /// The count of numbers at its beginning that are missing or older than the subscription.
    std::uint64_t unheard = 0;
    sequence_clock::time_point heard = {};
};

/// The streams that have been silent for long, of all receivers of one process: they may go on, and
/// their publishers may be away and come back. Bounded: the first that came are forgotten. One
/// thread at a time.
/// Complexity: that of a search.
class idle_streams {
public:
    explicit idle_streams(std::size_t max) : max_(max) {}

    /// receiver: a number that no other ever had.
    void put(std::uint64_t receiver, std::string_view topic, std::string_view stream,
             stream_progress const& p);

    /// That one, which is dormant no longer.
    std::optional<stream_progress> take(std::uint64_t receiver, std::string_view topic,
                                        std::string_view stream);

    /// All of a receiver that has ended. Complexity: linear in those.
    void forget(std::uint64_t receiver);

    /// The last that was heard of the streams that are forgotten.
    sequence_clock::time_point forgotten_until() const noexcept { return forgotten_until_; }

private:
    using key = std::pair<std::uint64_t, std::string>; // of a receiver: a stream and its topic
    static key key_of(std::uint64_t receiver, std::string_view topic, std::string_view stream);
    struct item {
        key of;
        stream_progress progress;
    };

    std::size_t max_;
    std::list<item> items_; // as they came
    std::map<key, std::list<item>::iterator> places_;
    sequence_clock::time_point forgotten_until_ = sequence_clock::time_point::min();
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/sequenced/impl/idle_streams.ipp>
#endif
