// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>

#include <system_error>
#include <type_traits>

namespace hubbub {

// The errors, a category for each subject. Zero is success and never an enumerator. No number is in
// two categories, so that frames carry an error of any of them as its number.

/// The errors of buses, transports and serializers: category "hubbub".
enum class errc {
    /// The bus, transport or hub was closed here; nothing that was asked of it will happen.
    closed = 1,
    /// The outgoing queue is at its limit in bytes or messages; publish again when it has drained.
    queue_full,
    /// A topic or pattern is empty.
    empty_name,
    /// A topic or pattern is longer than `max_name_bytes`.
    name_too_long,
    /// A payload is longer than the transport's limit.
    payload_too_large,
    /// The serializer cannot express this value (text that is not UTF-8 in JSON, say).
    cannot_encode,
    /// The payload is not an encoding of the type that was asked for.
    malformed_payload,
    /// The link fell after the message was handed over and before the answer came: it may have
    /// been delivered or not, and it is not sent again.
    outcome_unknown,
    /// No answer within the time allowed.
    timed_out,
    /// The server closed the connection.
    disconnected,
    /// The connection was up and answered, but what was published did not come back on it.
    link_deaf,
    /// The link is down, and the queue keeps nothing meanwhile (outage_policy::refuse).
    link_down,
    /// Made room for a newer message while the link was down (outage_policy::keep_newest).
    displaced,
    /// The consumer was slower than the messages came, and its queue was to end it then: that of a
    /// subscription (overflow_policy::disconnect), or the outbox of a connection.
    slow_consumer,
    /// As many topics were published on lately as are numbered at a time
    /// (sequence_options::max_topics).
    too_many_topics,
    /// The transport subscribes no patterns (transport_traits::patterns).
    patterns_unsupported,
};

/// The errors that a Redis server answers with or causes: category "hubbub.redis".
enum class redis_errc {
    /// The server sent something that is not its protocol.
    protocol_error = 101,
    /// Redis does not accept the password or the user (`WRONGPASS`).
    authentication_failed,
    /// Redis asks for a password and none was given (`NOAUTH`).
    authentication_required,
    /// The Redis user may not run this command or use this channel (`NOPERM`).
    permission_denied,
    /// Redis is in protected mode and refuses connections from other machines (`DENIED`).
    protected_mode,
    /// Redis is loading its data set (`LOADING`).
    server_loading,
    /// Redis is a replica that takes no writes (`READONLY`).
    read_only,
    /// Redis has as many clients as it allows (`maxclients`).
    too_many_clients,
    /// Redis answered with an error that has no code of its own here.
    server_error,
};

/// Why there is no TLS connection to a Redis server: category "hubbub.tls".
enum class tls_errc {
    /// The Redis server's certificate is signed by nobody who is trusted here.
    untrusted = 201,
    /// The Redis server's certificate is for another name or address.
    wrong_name,
    /// A certificate of the Redis server has expired, or is not valid yet.
    expired,
    /// The port answers, and not in TLS.
    not_spoken,
    /// The Redis server refuses the client in TLS: it wants a certificate, or another one.
    refused,
};

/// The errors of hubs, their calls, streams and connections: category "hubbub.hub".
enum class hub_errc {
    /// The connection id names no server of this hub, or a server that is gone.
    unknown_server = 301,
    /// The server has no connection of this id.
    unknown_connection,
    /// The hub, or the client, has no method of this name.
    unknown_method,
    /// The method takes other arguments: fewer, more, or of other types.
    wrong_arguments,
    /// The answer is of another type than was asked for.
    wrong_result,
    /// The method threw; what it said stands beside.
    method_failed,
    /// No call of this number waits for an answer of this connection.
    unknown_call,
    /// The connection ended before it answered.
    connection_ended,
    /// The server that was asked is gone, and will not answer.
    server_lost,
    /// The hub does not admit the connection, or its policy does not allow this.
    refused,
    /// The server is shutting down; another may take over.
    shutting_down,
    /// The other side ended the stream with a failure; what it said stands beside.
    stream_failed,
    /// The server that was asked failed with an error of another library; what it said stands
    /// beside.
    server_failed,
};

/// Returns the category of errc; any thread. Those of the others are redis_category, tls_category
/// and hub_category.
std::error_category const& error_category() noexcept;
std::error_category const& redis_category() noexcept;
std::error_category const& tls_category() noexcept;
std::error_category const& hub_category() noexcept;

namespace detail {

/// Whether an error is of one of the categories.
bool is_own(std::error_code error) noexcept;
/// The error of a number, which is in one of the categories.
std::error_code error_of(int number) noexcept;

} // namespace detail

inline std::error_code make_error_code(errc e) noexcept {
    return {static_cast<int>(e), error_category()};
}
inline std::error_code make_error_code(redis_errc e) noexcept {
    return {static_cast<int>(e), redis_category()};
}
inline std::error_code make_error_code(tls_errc e) noexcept {
    return {static_cast<int>(e), tls_category()};
}
inline std::error_code make_error_code(hub_errc e) noexcept {
    return {static_cast<int>(e), hub_category()};
}

} // namespace hubbub

template <>
struct std::is_error_code_enum<hubbub::errc> : std::true_type {};
template <>
struct std::is_error_code_enum<hubbub::redis_errc> : std::true_type {};
template <>
struct std::is_error_code_enum<hubbub::tls_errc> : std::true_type {};
template <>
struct std::is_error_code_enum<hubbub::hub_errc> : std::true_type {};

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/impl/error.ipp>
#endif
