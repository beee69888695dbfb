// SPDX-License-Identifier: MIT
#pragma once

#include <support/local_bus.hpp>

#include <hubbub/testing/faulty.hpp>
#include <hubbub/testing/virtual_time.hpp>

#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

// Buses in a test's time whose outgoing queue is soon full.
namespace support {

/// Time is the test's; the outgoing queue takes three messages, and drains when io runs.
struct room_stage {
    using bus_type = hubbub::bus<hubbub::local_transport, hubbub::text_serializer>;

    auto ended(std::string name) {
        return [this, name = std::move(name)](std::error_code error, hubbub::receiver_count) {
            ends.push_back(error ? name + ": " + error.message() : name);
        };
    }

    std::uint64_t balance() const {
        auto const s = bus.statistics();
        return s.published - s.refused - s.confirmed - s.unknown - s.discarded - s.displaced -
               s.queued;
    }

    asio::io_context io;
    hubbub::testing::virtual_time time{io};
    hubbub::local_broker broker;
    hubbub::local_transport transport{
        io.get_executor(), broker, {.limits = {.max_queue_messages = 3}}};
    bus_type bus{transport};
    std::vector<std::string> seen;
    hubbub::subscription subscribed =
        bus.subscribe<std::string>("t", [this](std::string const& m) { seen.push_back(m); });
    std::vector<std::string> ends;
};

inline std::string error_text(hubbub::errc e) {
    return make_error_code(e).message();
}

/// A bus whose link is cut, with room for two messages, which are there.
struct cut_off {
    cut_off() {
        link.cut();
        CHECK(!bus.publish("t", "1"));
        CHECK(!bus.publish("t", "2"));
    }

    asio::io_context io;
    hubbub::testing::virtual_time time{io};
    hubbub::local_broker broker;
    hubbub::local_transport below{io.get_executor(), broker};
    hubbub::testing::faulty<hubbub::local_transport> link{below,
                                                          {.limits = {.max_queue_messages = 2}}};
    hubbub::bus<hubbub::testing::faulty<hubbub::local_transport>, hubbub::text_serializer> bus{
        link};
};

} // namespace support
