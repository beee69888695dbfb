// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/error.hpp>

#include <string_view>

namespace hubbub::redis {

/// Translates an error reply.
/// Source: the replies of redis-server 7.0 (src/server.c, src/acl.c, src/networking.c); the first
/// word is the error's code, as redis.io/docs/latest/develop/reference/protocol-spec says.
redis_errc classify(std::string_view error_reply) noexcept;

} // namespace hubbub::redis

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/redis/impl/server_error.ipp>
#endif
