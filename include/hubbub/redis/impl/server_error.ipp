// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/redis/server_error.hpp>

#include <string_view>
#include <utility>

namespace hubbub::redis {

HUBBUB_DECL redis_errc classify(std::string_view error_reply) noexcept {
    constexpr std::pair<std::string_view, redis_errc> known[] = {
        {"WRONGPASS", redis_errc::authentication_failed},
        {"ERR invalid password", redis_errc::authentication_failed}, // before Redis 6
        {"ERR AUTH", redis_errc::authentication_failed}, // a password, and none is set there
        {"ERR Client sent AUTH", redis_errc::authentication_failed}, // the same, before Redis 6
        {"NOAUTH", redis_errc::authentication_required},
        {"NOPERM", redis_errc::permission_denied},
        {"DENIED", redis_errc::protected_mode},
        {"LOADING", redis_errc::server_loading},
        {"READONLY", redis_errc::read_only},
        {"ERR max number of clients", redis_errc::too_many_clients},
    };
    for (auto const& [beginning, meaning] : known)
        if (error_reply.starts_with(beginning))
            return meaning;
    return redis_errc::server_error;
}

} // namespace hubbub::redis
