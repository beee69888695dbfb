// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/options.hpp>

#include <hubbub/base/bounded.hpp>
#include <hubbub/base/option_check.hpp>

namespace hubbub::detail {

HUBBUB_DECL hub_options checked(hub_options o) {
    option_check const check("hub_options");
    check.require(o.name.find('/') == std::string::npos, "name",
                  "is '" + o.name +
                      "'; a '/' in it would mix the topics of this hub with those of another: use "
                      "another character");
    check.positive(o.request_timeout, "request_timeout");
    check.positive(o.beacon_interval, "beacon_interval");
    check.require(o.missed_beacons > 1, "missed_beacons",
                  "is " + std::to_string(o.missed_beacons) +
                      ": a living server would be lost between two beacons; it must be 2 or more");
    check.require(o.outbox_budget > 0, "outbox_budget",
                  "is 0: no call could wait; it must be 1 or more");
    check.require(o.max_stream_items > 0, "max_stream_items",
                  "is 0: no item could be sent; it must be 1 or more");
    o.request_timeout = bounded(o.request_timeout); // longer means never
    o.beacon_interval = bounded(o.beacon_interval);
    return o;
}

} // namespace hubbub::detail
