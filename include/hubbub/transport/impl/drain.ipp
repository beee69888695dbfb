// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/transport/drain.hpp>

#include <hubbub/error.hpp>
#include <hubbub/flow/draining.hpp>

#include <utility>

namespace hubbub::detail {

HUBBUB_DECL void drain_and_close(std::shared_ptr<transport_interface> transport,
                                 std::chrono::milliseconds at_most,
                                 completion<std::error_code, std::uint64_t> done) {
    auto const d = std::make_shared<draining>(transport->get_executor(), transport->statistics(),
                                              std::move(done));
    auto finish = [transport, d](std::error_code error) {
        if (d->ended())
            return;
        transport->close();
        d->end(error, transport->statistics(), 0);
    };
    d->start(at_most, finish);
    transport->drain({transport->get_executor(), std::move(finish)});
}

} // namespace hubbub::detail
