// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <system_error>

namespace hubbub {

/// What can go wrong on a bus or a hub. Zero is success and never an enumerator.
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
    /// What came from the server is not its protocol.
    protocol_error,
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
    /// The connection id names no server of this hub, or a server that is gone.
    unknown_server,
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
    /// The consumer was slower than the messages came, and its queue was to end it then: that of a
    /// subscription (overflow_policy::disconnect), or the outbox of a connection.
    slow_consumer,
    /// The server is shutting down; another may take over.
    shutting_down,
    /// The Redis server's certificate is signed by nobody who is trusted here.
    tls_untrusted,
    /// The Redis server's certificate is for another name or address.
    tls_wrong_name,
    /// A certificate of the Redis server has expired, or is not valid yet.
    tls_expired,
    /// The port answers, and not in TLS.
    tls_not_spoken,
    /// The Redis server refuses the client in TLS: it wants a certificate, or another one.
    tls_refused,
    /// The other side ended the stream with a failure; what it said stands beside.
    stream_failed,
    /// As many topics were published on lately as are numbered at a time
    /// (sequence_options::max_topics).
    too_many_topics,
};

namespace detail {

/// What to say, and where it helps, what to do about it.
inline char const* describe(errc e) noexcept {
    switch (e) {
    case errc::closed: return "closed";
    case errc::queue_full: return "the outgoing queue is full";
    case errc::empty_name: return "the topic or pattern is empty";
    case errc::name_too_long: return "the topic or pattern is too long";
    case errc::payload_too_large: return "the payload is too large";
    case errc::cannot_encode: return "the message cannot be encoded";
    case errc::malformed_payload: return "the payload does not decode";
    case errc::outcome_unknown: return "the link fell before the answer; the outcome is unknown";
    case errc::timed_out: return "no answer in time";
    case errc::disconnected: return "the server closed the connection";
    case errc::link_deaf: return "a probe through Redis did not come back; the link is replaced";
    case errc::link_down: return "the link is down, and what is published meanwhile is not kept";
    case errc::displaced: return "made room for a newer message while the link was down";
    case errc::protocol_error: return "the server does not speak the Redis protocol";
    case errc::authentication_failed:
        return "Redis does not accept the password or the user; check both in the URL";
    case errc::authentication_required:
        return "Redis asks for a password; give it in the URL, redis://:password@host";
    case errc::permission_denied:
        return "the Redis user lacks a permission; grant its commands and channels with ACL "
               "SETUSER";
    case errc::protected_mode:
        return "Redis is in protected mode; set a password there or bind it to this network";
    case errc::server_loading: return "Redis is still loading its data set; wait until it has";
    case errc::read_only: return "Redis is a read-only replica; give the address of its master";
    case errc::too_many_clients:
        return "Redis has as many clients as it allows; raise its maxclients";
    case errc::server_error: return "Redis answered with an error";
    case errc::unknown_server: return "no server of this hub has that connection";
    case errc::unknown_connection: return "there is no connection of that id";
    case errc::unknown_method: return "there is no method of that name";
    case errc::wrong_arguments: return "the method takes other arguments";
    case errc::wrong_result: return "the answer is of another type";
    case errc::method_failed: return "the method failed";
    case errc::stream_failed: return "the stream failed";
    case errc::too_many_topics:
        return "too many topics were published on lately; raise sequence_options::max_topics";
    case errc::unknown_call: return "no such call waits for an answer of this connection";
    case errc::connection_ended: return "the connection ended before it answered";
    case errc::server_lost: return "the server that was asked is gone";
    case errc::refused: return "not allowed";
    case errc::slow_consumer: return "the consumer is too slow, and its queue was full";
    case errc::shutting_down: return "the server is shutting down";
    case errc::tls_untrusted:
        return "the Redis server's certificate is not signed by a trusted authority; give the "
               "certificate of its authority as ca_file";
    case errc::tls_wrong_name:
        return "the Redis server's certificate is for another name; connect by that name, or give "
               "it as server_name";
    case errc::tls_expired:
        return "the Redis server's certificate has expired or is not valid yet; renew it there, or "
               "set the clock here";
    case errc::tls_not_spoken:
        return "the port does not speak TLS; give Redis's tls-port, or use redis:// for this one";
    case errc::tls_refused:
        return "the Redis server refuses the TLS client; give a certificate_file that it trusts, "
               "with its key_file";
    }
    return "unknown hubbub error";
}

} // namespace detail

/// The category "hubbub". Any thread.
inline std::error_category const& error_category() noexcept {
    struct category final : std::error_category {
        char const* name() const noexcept override { return "hubbub"; }
        std::string message(int value) const override {
            return detail::describe(static_cast<errc>(value));
        }
    };
    static category const instance;
    return instance;
}

inline std::error_code make_error_code(errc e) noexcept {
    return {static_cast<int>(e), error_category()};
}

} // namespace hubbub

template <>
struct std::is_error_code_enum<hubbub::errc> : std::true_type {};
