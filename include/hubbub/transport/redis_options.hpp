// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/error.hpp>
#include <hubbub/limits.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace hubbub::redis {

/// Whether a new attempt cannot mend it. It can mend tls_errc::expired: a server's certificate is
/// renewed while its clients wait, and one that is not valid yet becomes so.
bool is_final(std::error_code error) noexcept;

/// TLS on the way to Redis. Files are PEM, and are read once, when the transport is made.
struct tls_options {
    /// Certificates of the authorities that may sign the server's; empty for those that the system
    /// trusts.
    std::string ca_file;
    /// The file that a server gets which asks (tls-auth-clients): the client's certificate, and
    /// after it those between it and the authority. Empty for none.
    std::string certificate_file;
    /// Its private key, without a pass phrase; empty if that stands in certificate_file.
    std::string key_file;
    /// The name or address that the server's certificate must be for; a name is also sent to the
    /// server (SNI). Empty for the host.
    std::string server_name;
    /// Whether the server's certificate is verified, with its name. If not, whoever stands on the
    /// way can read and change everything.
    bool verify = true;
};

/// The most bytes that an argument of a command may have: proto-max-bulk-len in redis.conf.
inline constexpr std::size_t max_argument_bytes = std::size_t{512} << 20;

/// Bounds what a server may send; beyond it the link is dropped (protocol_error), and nothing is
/// kept. A string or an array's element is bounded by message_limits.
struct reply_limits {
    /// The longest line of a reply: a status, an error, a number or a length, in bytes. It is
    /// checked after each 4 KiB. Keep it small: each 4 KiB that come have the line scanned from its
    /// beginning.
    std::size_t max_line_bytes = std::size_t{64} << 10;
    /// Elements of an array; none of them may be an array. The longest that Pub/Sub has is of four:
    /// pmessage, pattern, channel, payload. Not less, else the constructor throws.
    std::size_t max_elements = 4;
};

/// How to reach a Redis server, and how to keep the link to it. parse_url makes one. A time of more
/// than a year counts as a year: milliseconds::max() is never.
struct options {
    /// A name, or an IPv4 or IPv6 address. Resolved again on each attempt; all addresses are tried,
    /// each by the n-th attempt if there are n.
    std::string host = "127.0.0.1";
    std::uint16_t port = 6379;
    /// Path of a unix socket; if given, host and port are not used.
    std::string unix_socket;
    /// If given, the link speaks TLS: "rediss://". redis_tls_transport alone does.
    std::optional<tls_options> tls = {};

    /// ACL user; empty means Redis's user "default".
    std::string user;
    /// Empty means none.
    std::string password;
    /// Prefixed to every channel, as "<app>:", so that applications may share a server.
    std::string app;
    /// How the connections call themselves in CLIENT LIST; no spaces.
    std::string client_name = "hubbub";

    /// The bounds of one message and of the outgoing queue.
    message_limits limits = {};
    /// The bounds of an answer of Redis.
    reply_limits replies = {};

    /// For one attempt, from resolving the name to the answer to the greeting.
    std::chrono::milliseconds connect_timeout{5000};
    /// A link that has been silent for ping_interval is asked with a PING, the receiving one at
    /// each ping_interval, and is lost if nothing comes within response_timeout after the PING, or
    /// the last byte of what stands before it, was written. So a dead server, which takes no byte
    /// either, is noticed after ping_interval + response_timeout at most, by an executor that is on
    /// time. The receiving link is lost too if other things come, and no answer within twelve times
    /// response_timeout: they come on the way from there, and say nothing of the way to it.
    std::chrono::milliseconds ping_interval{5000};
    std::chrono::milliseconds response_timeout{5000};
    /// How often a message goes through Redis and back, to find a link that is up and hears
    /// nothing; zero for never. Such a link is noticed probe_interval + response_timeout after it
    /// went deaf, and the time that the message waits in the outgoing queue; or as soon as Redis
    /// says that it gave the message to nobody. See redis/probe.hpp.
    std::chrono::milliseconds probe_interval{5000};

    /// Which errors end it all (link_failed), instead of another attempt: those that a retry cannot
    /// mend. Return false to go on whatever happens; called on the link's executor.
    std::function<bool(std::error_code)> gives_up_on = is_final;

    /// After a loss the first attempt is made at once. The n-th after it waits a random time
    /// between 0 and min(reconnect_cap, reconnect_base × 2ⁿ⁻¹): "full jitter".
    /// Source: aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter.
    std::chrono::milliseconds reconnect_base{100};
    std::chrono::milliseconds reconnect_cap{2000};

    /// How long a subscription without sinks is kept, since people come back; zero for not at all.
    std::chrono::milliseconds unsubscribe_linger{1000};
};

/// Reads `redis://[user:password@]host[:port][/database][?app=NAME&client_name=NAME]`, the same
/// with `rediss://` for TLS, or `unix://[user:password@]/path[?...]`. With `rediss://` the members
/// of tls_options are options too, by their names; verify is yes or no. User, password, host, path
/// and values may be percent-encoded. The database is checked and not used: Pub/Sub spans them all
/// (redis.io/docs/latest/develop/pubsub, "Database & Scoping").
///
/// Errors: throws std::invalid_argument, which names the part that is wrong and what would be
///         right, and shows no password.
options parse_url(std::string_view url);

} // namespace hubbub::redis

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/transport/impl/redis_options.ipp>
#endif
