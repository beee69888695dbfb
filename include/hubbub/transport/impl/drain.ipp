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
    auto finish = [d](transport_interface& ended, std::error_code error) {
        if (d->ended())
            return;
        ended.close();
        d->end(error, ended.statistics(), 0);
    };
    // The deadline keeps the transport: a wait in its own queue would be a cycle.
    d->start(at_most, [transport, finish](std::error_code error) { finish(*transport, error); });
    auto drained = [weak = std::weak_ptr(transport), finish](std::error_code error) {
        if (auto const present = weak.lock())
            finish(*present, error);
    };
    transport->drain({transport->get_executor(), std::move(drained)});
}

} // namespace hubbub::detail
