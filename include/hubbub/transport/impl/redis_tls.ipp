// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/transport/redis_tls.hpp>

#include <hubbub/redis/core.hpp>
#include <hubbub/redis/tls_stream.hpp>

#include <string_view>

namespace hubbub {

HUBBUB_DECL redis_tls_transport::redis_tls_transport(detail::executor_argument const& executor,
                                                     redis::options const& o)
    : basic_redis_transport(detail::redis_core::open(executor.any, o, redis::tls_streams)) {}

HUBBUB_DECL redis_tls_transport::redis_tls_transport(detail::executor_argument const& executor,
                                                     std::string_view url)
    : redis_tls_transport(executor, redis::parse_url(url)) {}

} // namespace hubbub
