// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/transport.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

// What numbered messages have in common: sequence_sender.hpp numbers them, sequence_receiver.hpp finds
// out what is missing. All of it without I/O; time is what the caller says it is.
namespace hubbub::detail {

using sequence_clock = std::chrono::steady_clock;

/// What stands before a payload: "<stream> <number> ", and the payload follows. A beacon ends after
/// the number, and says which number was the last.
///
/// A stream is what one publisher sends on one topic; it has 16 hexadecimal digits.
struct sequence_frame {
    static constexpr std::size_t stream_size = 16;
    /// The most that it adds to a payload: a stream, a number of up to 19 digits, two spaces.
    static constexpr std::size_t max_size = stream_size + 19 + 2;

    std::string_view stream;
    std::uint64_t number = 0;
    bool is_beacon = false;
    std::string_view payload = {};

    /// Nothing if bytes are no such frame.
    static std::optional<sequence_frame> parse(std::string_view bytes) noexcept {
        auto const is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
        if (bytes.size() < stream_size + 2 || bytes[stream_size] != ' ' ||
            !std::all_of(bytes.begin(), bytes.begin() + stream_size, is_hex))
            return std::nullopt;
        sequence_frame frame{.stream = bytes.substr(0, stream_size)};
        auto const* const begin = bytes.data() + stream_size + 1;
        auto const* const end = bytes.data() + bytes.size();
        auto const [after, error] = std::from_chars(begin, end, frame.number);
        if (error != std::errc{} || frame.number == 0)
            return std::nullopt;
        frame.is_beacon = after == end;
        if (frame.is_beacon)
            return frame;
        if (*after != ' ')
            return std::nullopt;
        frame.payload = {after + 1, static_cast<std::size_t>(end - after - 1)};
        return frame;
    }

    void append_to(std::string& out) const {
        std::array<char, 24> digits{};
        auto* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
        out.append(stream).append(1, ' ').append(digits.data(), end);
        if (!is_beacon)
            out.append(1, ' ').append(payload);
    }
};

/// When beacons are sent, and what is forgotten.
struct sequence_options {
    /// A topic that was published on and has been idle for so long gets a beacon; the next follows
    /// after twice the time, and so on, up to beacon_cap.
    std::chrono::milliseconds beacon_interval{1000};
    std::chrono::milliseconds beacon_cap{60000};
    /// A topic idle for so long is forgotten by its publisher, whose next message begins a new
    /// stream; and a stream silent for so long by its receivers, when it has been silent for twice
    /// as long at the latest. More than beacon_cap. Time in which one's own link is down does not
    /// count; but who was away for longer than this does not learn what he missed of a stream that
    /// its publisher forgot meanwhile, nor do others of a publisher that was.
    std::chrono::milliseconds forget_after{600000};
    /// A stream that is heard of for the first time so long after the subscription became active
    /// is new: its numbers begin at 1. Before that it may be older than the subscription.
    std::chrono::milliseconds settle_time{1000};
};

/// What a receiver asks of all publishers: where the streams of these interests stand. Each is
/// "t" for a topic or "p" for a pattern, the length of its name, ":", and the name.
struct sequence_request {
    static void append(std::string& out, interest const& what) {
        out.append(what.is_pattern ? "p" : "t");
        out.append(std::to_string(what.name.size())).append(1, ':').append(what.name);
    }

    /// Calls each(interest) for what is well-formed, up to the first that is not.
    template <class Each>
    static void parse(std::string_view bytes, Each each) {
        while (bytes.size() > 2 && (bytes[0] == 'p' || bytes[0] == 't')) {
            std::size_t size = 0;
            auto const* const end = bytes.data() + bytes.size();
            auto const [after, error] = std::from_chars(bytes.data() + 1, end, size);
            if (error != std::errc{} || after == end || *after != ':' ||
                static_cast<std::size_t>(end - after - 1) < size)
                return;
            std::string_view const name{after + 1, size};
            each(bytes[0] == 'p' ? interest(pattern{name}) : interest(name));
            bytes = {name.data() + size, static_cast<std::size_t>(end - name.data()) - size};
        }
    }
};

} // namespace hubbub::detail
