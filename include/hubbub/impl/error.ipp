// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/error.hpp>

#include <string>
#include <system_error>

namespace hubbub {
namespace detail {

// The messages of errors, and where it helps, what to do about them.

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
    case errc::too_many_topics:
        return "too many topics were published on lately; raise sequence_options::max_topics";
    case errc::patterns_unsupported: return "the transport subscribes no patterns";
    case errc::slow_consumer: return "the consumer is too slow, and its queue was full";
    }
    return nullptr;
}

HUBBUB_DECL char const* describe(redis_errc e) noexcept {
    switch (e) {
    case redis_errc::protocol_error: return "the server does not speak the Redis protocol";
    case redis_errc::authentication_failed:
        return "Redis does not accept the password or the user; check both in the URL";
    case redis_errc::authentication_required:
        return "Redis asks for a password; give it in the URL, redis://:password@host";
    case redis_errc::permission_denied:
        return "the Redis user lacks a permission; grant its commands and channels with ACL "
               "SETUSER";
    case redis_errc::protected_mode:
        return "Redis is in protected mode; set a password there or bind it to this network";
    case redis_errc::server_loading:
        return "Redis is still loading its data set; wait until it has";
    case redis_errc::read_only:
        return "Redis is a read-only replica; give the address of its master";
    case redis_errc::too_many_clients:
        return "Redis has as many clients as it allows; raise its maxclients";
    case redis_errc::server_error: return "Redis answered with an error";
    }
    return nullptr;
}

HUBBUB_DECL char const* describe(tls_errc e) noexcept {
    switch (e) {
    case tls_errc::untrusted:
        return "the Redis server's certificate is not signed by a trusted authority; give the "
               "certificate of its authority as ca_file";
    case tls_errc::wrong_name:
        return "the Redis server's certificate is for another name; connect by that name, or give "
               "it as server_name";
    case tls_errc::expired:
        return "the Redis server's certificate has expired or is not valid yet; renew it there, or "
               "set the clock here";
    case tls_errc::not_spoken:
        return "the port does not speak TLS; give Redis's tls-port, or use redis:// for this one";
    case tls_errc::refused:
        return "the Redis server refuses the TLS client; give a certificate_file that it trusts, "
               "with its key_file";
    }
    return nullptr;
}

HUBBUB_DECL char const* describe(hub_errc e) noexcept {
    switch (e) {
    case hub_errc::unknown_server: return "no server of this hub has that connection";
    case hub_errc::unknown_connection: return "there is no connection of that id";
    case hub_errc::unknown_method: return "there is no method of that name";
    case hub_errc::wrong_arguments: return "the method takes other arguments";
    case hub_errc::wrong_result: return "the answer is of another type";
    case hub_errc::method_failed: return "the method failed";
    case hub_errc::stream_failed: return "the stream failed";
    case hub_errc::unknown_call: return "no such call waits for an answer of this connection";
    case hub_errc::connection_ended: return "the connection ended before it answered";
    case hub_errc::server_lost: return "the server that was asked is gone";
    case hub_errc::refused: return "not allowed";
    case hub_errc::shutting_down: return "the server is shutting down";
    case hub_errc::server_failed: return "the server that was asked failed";
    }
    return nullptr;
}

/// The category of an enumeration.
template <class Errc>
class category_of final : public std::error_category {
public:
    explicit category_of(char const* name) noexcept : name_(name) {}

    char const* name() const noexcept override { return name_; }
    std::string message(int value) const override {
        auto const* const text = describe(static_cast<Errc>(value));
        return text != nullptr ? text : std::string("unknown error of ") + name_;
    }

private:
    char const* const name_;
};

} // namespace detail

HUBBUB_DECL std::error_category const& error_category() noexcept {
    static detail::category_of<errc> const instance("hubbub");
    return instance;
}

HUBBUB_DECL std::error_category const& redis_category() noexcept {
    static detail::category_of<redis_errc> const instance("hubbub.redis");
    return instance;
}

HUBBUB_DECL std::error_category const& tls_category() noexcept {
    static detail::category_of<tls_errc> const instance("hubbub.tls");
    return instance;
}

HUBBUB_DECL std::error_category const& hub_category() noexcept {
    static detail::category_of<hub_errc> const instance("hubbub.hub");
    return instance;
}

HUBBUB_DECL bool detail::is_own(std::error_code error) noexcept {
    return error && error == error_of(error.value());
}

HUBBUB_DECL std::error_code detail::error_of(int number) noexcept {
    if (number >= static_cast<int>(hub_errc::unknown_server))
        return {number, hub_category()};
    if (number >= static_cast<int>(tls_errc::untrusted))
        return {number, tls_category()};
    if (number >= static_cast<int>(redis_errc::protocol_error))
        return {number, redis_category()};
    return {number, error_category()};
}

} // namespace hubbub
