// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/error.hpp>

#include <string_view>
#include <system_error>
#include <utility>

namespace hubbub::redis {

/// What an error reply means.
/// Source: the replies of redis-server 7.0 (src/server.c, src/acl.c, src/networking.c); the first
/// word is the error's code, as redis.io/docs/latest/develop/reference/protocol-spec says.
inline errc classify(std::string_view error_reply) noexcept {
    constexpr std::pair<std::string_view, errc> known[] = {
        {"WRONGPASS", errc::authentication_failed},
        {"ERR invalid password", errc::authentication_failed}, // before Redis 6
        {"ERR AUTH", errc::authentication_failed},             // a password, and none is set there
        {"ERR Client sent AUTH", errc::authentication_failed}, // the same, before Redis 6
        {"NOAUTH", errc::authentication_required},
        {"NOPERM", errc::permission_denied},
        {"DENIED", errc::protected_mode},
        {"LOADING", errc::server_loading},
        {"READONLY", errc::read_only},
        {"ERR max number of clients", errc::too_many_clients},
    };
    for (auto const& [beginning, meaning] : known)
        if (error_reply.starts_with(beginning))
            return meaning;
    return errc::server_error;
}

/// Whether a new attempt cannot mend it. It can mend tls_expired: a server's certificate is
/// renewed while its clients wait, and one that is not valid yet becomes so.
inline bool is_final(std::error_code error) noexcept {
    return error == errc::authentication_failed || error == errc::authentication_required ||
           error == errc::permission_denied || error == errc::protected_mode ||
           error == errc::tls_untrusted || error == errc::tls_wrong_name ||
           error == errc::tls_not_spoken || error == errc::tls_refused;
}

} // namespace hubbub::redis
