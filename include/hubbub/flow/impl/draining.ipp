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
    // They end in the order accepted: the first that have ended since are those that waited then.
    auto const still = before_.queued - std::min(before_.queued, ended(of_transport) - ended(before_));
    auto const undelivered = lost(of_transport) - lost(before_) + still + abandoned;
    if (!error && undelivered > 0)
        error = errc::outcome_unknown;
    done_(error, undelivered);
}

} // namespace hubbub::detail
