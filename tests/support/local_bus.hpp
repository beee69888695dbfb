// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/bus.hpp>
#include <hubbub/serializer/text.hpp>
#include <hubbub/transport/local.hpp>

#include <asio/io_context.hpp>

#include <optional>
#include <string>
#include <system_error>

namespace support {

/// Which of the two local transports it is, where that is chosen at run time.
enum class delivery_mode { executor, immediate };

inline hubbub::basic_local_transport local_transport(asio::io_context& io,
                                                     hubbub::local_broker const& broker,
                                                     delivery_mode mode,
                                                     hubbub::message_limits const& limits = {}) {
    if (mode == delivery_mode::immediate)
        return hubbub::immediate_local_transport(io, broker, {limits});
    return hubbub::local_transport(io, broker, {limits});
}

/// A bus of its own on a local transport, which runs when it is told to.
template <class Serializer = hubbub::text_serializer>
struct local_bus {
    using bus_type = hubbub::bus<hubbub::basic_local_transport, Serializer>;

    explicit local_bus(delivery_mode mode = delivery_mode::executor,
                       hubbub::message_limits const& limits = {})
        : transport(local_transport(io, broker, mode, limits)) {}

    /// Until nothing is left to do.
    void run() {
        io.restart();
        io.run();
    }

    asio::io_context io;
    hubbub::local_broker broker;
    hubbub::basic_local_transport transport;
    std::optional<bus_type> holder{std::in_place, transport};
    bus_type& bus = *holder;
};

/// Numbers below 100 as two digits; what is larger it cannot express.
struct small_number_serializer {
    std::error_code encode(int number, std::string& out) const {
        if (number < 0 || number > 99)
            return hubbub::errc::cannot_encode;
        out += static_cast<char>('0' + number / 10);
        out += static_cast<char>('0' + number % 10);
        return {};
    }

    std::error_code decode(std::string_view bytes, int& number) const {
        if (bytes.size() != 2 || bytes.find_first_not_of("0123456789") != std::string_view::npos)
            return hubbub::errc::malformed_payload;
        number = (bytes[0] - '0') * 10 + (bytes[1] - '0');
        return {};
    }
};

} // namespace support
