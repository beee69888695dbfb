// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/redis/tls_stream.hpp>
#include <hubbub/transport/redis.hpp>

namespace hubbub {

/// redis_transport that also speaks TLS: it takes rediss:// beside redis:// and unix://, so that a
/// program may leave the choice to its configuration. Needs OpenSSL, 1.1.1 or newer.
///
/// The server's certificate is verified, and must be for the host, unless the options say otherwise
/// (redis::tls_options).
///
/// Errors: as redis_transport; the reason of a link that fails may be tls_untrusted, tls_wrong_name,
///         tls_not_spoken or tls_refused, that of one that is tried again tls_expired, or what
///         OpenSSL says. The constructor throws std::invalid_argument for a file that cannot be
///         used.
class redis_tls_transport : public basic_redis_transport<redis::tls_stream> {
public:
    using basic_redis_transport::basic_redis_transport;
};

static_assert(transport<redis_tls_transport>);

} // namespace hubbub
