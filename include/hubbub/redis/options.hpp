// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/transport.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace hubbub::redis {

using clock = std::chrono::steady_clock;
using time_point = clock::time_point;

/// How to reach a Redis server, and how to keep the link to it. parse_url makes one.
struct options {
    /// A name, or an IPv4 or IPv6 address. Resolved again on each attempt; all addresses are tried.
    std::string host = "127.0.0.1";
    std::uint16_t port = 6379;
    /// Path of a unix socket; if given, host and port are not used.
    std::string unix_socket;

    /// ACL user; empty means Redis's user "default".
    std::string user;
    /// Empty means none.
    std::string password;
    /// Prefixed to every channel, as "<app>:", so that applications may share a server.
    std::string app;
    /// How the connections call themselves in CLIENT LIST; no spaces.
    std::string client_name = "hubbub";

    /// What one message and the outgoing queue may hold.
    message_limits limits = {};

    /// For one attempt, from resolving the name to the answer to the greeting.
    std::chrono::milliseconds connect_timeout{5000};
    /// A link that has been silent for ping_interval is asked with a PING, and is lost if nothing
    /// comes within response_timeout. So a dead server is noticed after ping_interval +
    /// response_timeout at most.
    std::chrono::milliseconds ping_interval{5000};
    std::chrono::milliseconds response_timeout{5000};

    /// After a loss the first attempt is made at once. The n-th after it waits a random time
    /// between 0 and min(reconnect_cap, reconnect_base × 2ⁿ⁻¹): "full jitter".
    /// Source: aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter.
    std::chrono::milliseconds reconnect_base{100};
    std::chrono::milliseconds reconnect_cap{2000};

    /// How long a subscription without sinks is kept, since people come back; zero for not at all.
    std::chrono::milliseconds unsubscribe_linger{1000};
};

} // namespace hubbub::redis
