// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/redis/shared.hpp>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <system_error>

namespace hubbub::detail {

HUBBUB_DECL void probe_sink::deliver(message_view const& message) noexcept {
    std::uint64_t number = 0;
    auto const* const end = message.payload.data() + message.payload.size();
    if (std::from_chars(message.payload.data(), end, number).ec != std::errc{})
        return; // somebody else's; ours will come
    shared_->probe.on_probe(number, redis::clock::now());
    shared_->probe_round_trip = shared_->probe.round_trip();
}

HUBBUB_DECL void watched_session::on_retry(std::error_code reason, unsigned attempts,
                                           std::chrono::milliseconds wait) {
    shared_->watch.retry(role_, reason, attempts, wait, redis::clock::now());
    shared_->probe.on_lost();
}

HUBBUB_DECL void watched_session::ready() {
    auto const now = redis::clock::now();
    shared_->watch.ready(role_, now);
    if (shared_->watch.state() == link_state::whole)
        shared_->probe.on_whole(now);
}

} // namespace hubbub::detail
