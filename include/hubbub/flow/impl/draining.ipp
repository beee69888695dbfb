// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/error.hpp>
#include <hubbub/flow/draining.hpp>

#include <algorithm>
#include <utility>

namespace hubbub::detail {

HUBBUB_DECL draining::draining(asio::any_io_executor const& executor,
                               statistics const& of_transport, completion_type done)
    : deadline_(executor), done_(std::move(done)), before_(of_transport) {}

HUBBUB_DECL void draining::end_as_closed() {
    deadline_.cancel();
    done_(errc::closed, 0);
}

HUBBUB_DECL void draining::end(std::error_code error, statistics const& of_transport,
                               std::uint64_t abandoned) {
    deadline_.cancel();
    // Those that waited at the call end first, in the order accepted; what was refused has ended
    // too.
    auto const ended_since = ended(of_transport) - ended(before_);
    auto const still =
        std::min(of_transport.queued, before_.queued - std::min(before_.queued, ended_since));
    auto const not_delivered = lost(of_transport) - lost(before_) + still;
    auto const undelivered = std::min(before_.queued, not_delivered) + abandoned;
    if (!error && undelivered > 0)
        error = errc::outcome_unknown;
    done_(error, undelivered);
}

} // namespace hubbub::detail
