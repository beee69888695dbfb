// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/error.hpp>
#include <hubbub/typed/draining.hpp>

#include <utility>

namespace hubbub::detail {

HUBBUB_DECL draining::draining(asio::any_io_executor const& executor,
                               statistics const& of_transport, completion_type done)
    : deadline(executor), done_(std::move(done)), lost_before_(lost(of_transport)) {}

HUBBUB_DECL void draining::end(std::error_code error, statistics const& of_transport,
                               std::uint64_t abandoned) {
    auto const undelivered = lost(of_transport) - lost_before_ + abandoned;
    if (!error && undelivered > 0)
        error = errc::outcome_unknown;
    done_(error, undelivered);
}

} // namespace hubbub::detail
