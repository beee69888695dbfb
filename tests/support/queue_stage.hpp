// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/receiver.hpp>

#include <support/local_bus.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <variant>
#include <vector>

namespace support {

/// A bus for subscriptions with a queue of their own. What it publishes has come when run has returned.
struct queue_stage : local_bus<> {
    explicit queue_stage(hubbub::message_limits const& limits = {})
        : local_bus(support::delivery_mode::executor, limits) {
        bus.set_observer([this](hubbub::event const& e) {
            if (auto const* const d = std::get_if<hubbub::message_dropped>(&e))
                drops_told += d->count;
            if (auto const* const d = std::get_if<hubbub::subscriber_disconnected>(&e))
                disconnected.emplace_back(d->topic);
            if (std::holds_alternative<hubbub::sink_failed>(e))
                ++failures;
        });
    }

    ~queue_stage() {
        run();
        auto const s = bus.statistics();
        CHECK(s.received == s.delivered + s.malformed + s.failed + s.dropped_oldest +
                                s.dropped_newest + s.superseded + s.abandoned + s.pending);
        CHECK(drops_told == s.dropped_oldest + s.dropped_newest);
        CHECK(failures == s.failed);
    }

    /// Until nothing can go on; who waits for a message does not end.
    void run() {
        io.restart();
        io.poll();
    }

    void publish(std::vector<std::string> const& all, std::string_view topic = "t") {
        for (auto const& text : all)
            CHECK(!bus.publish(topic, text));
        run();
    }

    /// What comes, until nothing is left; the last error is kept.
    std::vector<std::string> take_all(hubbub::receiver<std::string>& from) {
        std::vector<std::string> all;
        while (true) {
            bool came = false;
            asio::cancellation_signal stop;
            from.async_receive(asio::bind_cancellation_slot(
                stop.slot(), [&](std::error_code error, hubbub::queued_message<std::string> r) {
                    last_error = error;
                    came = !error;
                    if (came)
                        all.push_back(r.message);
                }));
            run();
            stop.emit(asio::cancellation_type::terminal);
            run();
            if (!came)
                return all;
        }
    }

    std::uint64_t drops_told = 0;
    std::vector<std::string> disconnected;
    std::uint64_t failures = 0;
    std::error_code last_error;
};

} // namespace support
