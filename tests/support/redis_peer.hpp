// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/bus.hpp>
#include <hubbub/serializer/text.hpp>
#include <hubbub/testing/run_until.hpp>
#include <hubbub/transport/redis.hpp>

#include <support/redis_server.hpp>

#include <asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

/// How to reach a server of the test's own, and to try again without long waits.
inline hubbub::redis::options options_for(redis_server const& server, std::string app = {}) {
    hubbub::redis::options o;
    o.port = server.port();
    if (server.port() == 0)
        o.unix_socket = server.socket_path();
    o.app = std::move(app);
    o.reconnect_base = std::chrono::milliseconds(10);
    o.reconnect_cap = std::chrono::milliseconds(50);
    o.unsubscribe_linger = std::chrono::milliseconds(0);
    o.probe_interval = std::chrono::milliseconds(0); // whose channel PUBSUB CHANNELS would show
    return o;
}

/// A transport with a bus of texts on it, and all that they told. One thread runs io.
template <class Transport>
class basic_redis_peer {
public:
    basic_redis_peer(asio::io_context& io, hubbub::redis::options const& o)
        : transport(io.get_executor(), o), bus(transport), io_(&io) {
        bus.set_observer([this](hubbub::event const& e) { std::visit(*this, e); });
    }

    // What an event leaves behind.
    void operator()(hubbub::link_lost const& e) { lost.push_back(e.reason); }
    void operator()(hubbub::link_retry const& e) { retried.push_back(e.reason); }
    void operator()(hubbub::link_up const& e) { whole.push_back(e.away); }
    void operator()(hubbub::link_failed const& e) { failed.push_back(e.reason); }
    void operator()(hubbub::subscriber_cut_off const&) { ++cut_offs; }
    void operator()(hubbub::publishes_unknown const& e) { unknown += e.count; }
    void operator()(hubbub::publish_refused const& e) { publishes_refused.push_back(e.reason); }
    void operator()(hubbub::subscription_refused const& e) {
        subscriptions_refused.emplace_back(e.name + ": " + e.reason.message());
    }
    void operator()(auto const&) {}

    auto sink() {
        return [this](std::string const& text) { received.push_back(text); };
    }

    /// A handler for async_publish, which adds its error to published.
    auto on_published() {
        return
            [this](std::error_code error, hubbub::receiver_count) { published.push_back(error); };
    }

    template <class Condition>
    void run_until(Condition condition, std::string_view awaited,
                   std::source_location where = std::source_location::current()) {
        hubbub::testing::run_until(*io_, condition, awaited, where);
    }

    /// Runs until the link is whole for the n-th time.
    void run_until_whole(std::size_t n = 1,
                         std::source_location where = std::source_location::current()) {
        run_until([&] { return whole.size() >= n; }, "a link that is whole", where);
    }

    /// Subscribes to what, and has its messages come to received.
    void listen(hubbub::topic_filter const& what,
                std::source_location where = std::source_location::current()) {
        std::optional<std::error_code> outcome;
        bus.template async_subscribe<std::string>(
            what, sink(), [&](std::error_code error, hubbub::subscription made) {
                subscriptions.push_back(std::move(made));
                outcome = error;
            });
        run_until([&] { return outcome.has_value(); }, "a subscription", where);
        hubbub::testing::require_equal(*outcome, std::error_code{}, "async_subscribe", where);
    }

    /// Publishes texts until they come back to this peer: what is lost on the way is sent again.
    void run_until_heard(std::string_view topic, std::string const& text,
                         std::source_location where = std::source_location::current()) {
        bool answered = true;
        run_until(
            [&] {
                if (std::find(received.begin(), received.end(), text) != received.end())
                    return answered;
                if (answered && bus.state() == hubbub::link_state::whole) {
                    answered = false;
                    bus.async_publish(topic, text, [&](std::error_code, hubbub::receiver_count) {
                        answered = true;
                    });
                }
                return false;
            },
            "a message that comes back", where);
    }

    Transport transport;
    hubbub::bus<Transport, hubbub::text_serializer> bus;

    std::vector<std::error_code> lost;
    std::vector<std::error_code> retried;
    std::vector<std::chrono::milliseconds> whole;
    std::vector<std::error_code> failed;
    std::vector<std::error_code> publishes_refused;
    std::vector<std::string> subscriptions_refused;
    std::uint64_t unknown = 0;
    std::uint64_t cut_offs = 0;

    std::vector<std::string> received;
    std::vector<std::error_code> published;
    std::vector<hubbub::subscription> subscriptions;

private:
    asio::io_context* io_;
};

using redis_peer = basic_redis_peer<hubbub::redis_transport>;
