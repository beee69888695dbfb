// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/redis/server_error.hpp>

#include <string_view>
#include <utility>

namespace hubbub::redis {

HUBBUB_DECL errc classify(std::string_view error_reply) noexcept {
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

} // namespace hubbub::redis
