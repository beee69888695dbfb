// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/base/executor_argument.hpp>
#include <hubbub/transport/redis.hpp>
#include <hubbub/transport/redis_options.hpp>

#include <string_view>

namespace hubbub {

/// redis_transport that also speaks TLS: it takes rediss:// beside redis:// and unix://, so that a
/// program may leave the choice to its configuration. Needs OpenSSL, 1.1.1 or newer.
///
/// The server's certificate is verified, and must be for the host, unless the options say otherwise
/// (redis::tls_options).
///
/// Errors: as redis_transport; the reason of a link that fails may be one of tls_errc, but for
///         expired, which is that of one that is tried again; or what OpenSSL says. The constructor
///         throws std::invalid_argument for a file that cannot be used.
class redis_tls_transport : public basic_redis_transport {
public:
    /// Errors: throws std::invalid_argument if o or the URL is wrong, naming the part.
    redis_tls_transport(detail::executor_argument const& executor, redis::options const& o);
    redis_tls_transport(detail::executor_argument const& executor, std::string_view url);
};

static_assert(transport<redis_tls_transport>);

} // namespace hubbub

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/transport/impl/redis_tls.ipp>
#endif
