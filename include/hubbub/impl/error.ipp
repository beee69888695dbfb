// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/error.hpp>

#include <string>
#include <system_error>

namespace hubbub {
namespace detail {

/// Returns the message of an error, and where it helps, what to do about it.
HUBBUB_DECL char const* describe(errc e) noexcept {
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
    case errc::patterns_unsupported: return "the transport subscribes no patterns";
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

HUBBUB_DECL std::error_category const& error_category() noexcept {
    struct category final : std::error_category {
        char const* name() const noexcept override { return "hubbub"; }
        std::string message(int value) const override {
            return detail::describe(static_cast<errc>(value));
        }
    };
    static category const instance;
    return instance;
}

} // namespace hubbub
