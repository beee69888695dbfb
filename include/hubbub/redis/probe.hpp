// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/redis/clock.hpp>
#include <hubbub/transport/redis_options.hpp>

#include <cstddef>
#include <cstdint>
#include <system_error>

namespace hubbub::redis {

/// Finds a link that is connected and hears nothing: a message goes out through the publishing link
/// and must come back on the receiving one. It decides, and does nothing; time is what the caller
/// says it is.
///
/// A link is deaf if Redis gave a probe to nobody, or if it gave it out and it has not come, nor
/// any other message, for response_timeout; or if it has not come after twelve times that
/// (patience), whatever else did.
class probe {
public:
    explicit probe(options const& o) : options_(&o) {}

    /// Both links are whole.
    void on_whole(time_point now) noexcept;

    /// One of them is not, any more. Probes under way say nothing.
    void on_lost() noexcept;

    /// True if a probe is to be published, with number(). subscribed: whether its channel is
    /// active.
    bool due(time_point now, bool subscribed) noexcept;

    /// Redis answered the publish of a probe: it gave it to so many.
    void on_published(std::uint64_t number, std::error_code error, receiver_count receivers,
                      time_point now) noexcept;

    /// A probe came back.
    void on_probe(std::uint64_t number, time_point now) noexcept;

    /// Another message came, or a part of one.
    void on_message(time_point now) noexcept;

    /// Whether the receiving link must be replaced.
    bool deaf(time_point now) noexcept;

    /// When due or deaf is to be called next.
    time_point deadline() const noexcept { return deadline_; }

    std::uint64_t number() const noexcept { return number_; }
    /// The time that the last probe took which came back; zero before the first.
    clock::duration round_trip() const noexcept { return round_trip_; }

private:
    enum class state { off, idle, asked, given_out };

    options const* options_;
    state state_ = state::off;
    std::uint64_t number_ = 0;
    time_point deadline_ = time_point::max();
    time_point asked_at_;
    time_point given_out_at_;
    bool excused_ = false;
    clock::duration round_trip_{0};
};

} // namespace hubbub::redis

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/redis/impl/probe.ipp>
#endif
