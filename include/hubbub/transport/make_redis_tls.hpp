// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/base/executor_argument.hpp>
#include <hubbub/transport.hpp>
#include <hubbub/transport/any.hpp>
#include <hubbub/transport/redis_options.hpp>
#include <hubbub/transport/sequence_options.hpp>

#include <string_view>

namespace hubbub {

/// Makes a redis_tls_transport behind an any_transport.
///
/// Errors: throws std::invalid_argument if o or the URL is wrong, naming the part, or a file that
///         it names cannot be used.
any_transport make_redis_tls_transport(detail::executor_argument const& executor,
                                       std::string_view url);
any_transport make_redis_tls_transport(detail::executor_argument const& executor,
                                       redis::options const& o);

/// Makes a sequenced<redis_tls_transport> behind an any_transport. Errors: as
/// make_redis_tls_transport.
any_transport make_sequenced_redis_tls_transport(detail::executor_argument const& executor,
                                                 std::string_view url,
                                                 sequence_options const& numbering = {});
any_transport make_sequenced_redis_tls_transport(detail::executor_argument const& executor,
                                                 redis::options const& o,
                                                 sequence_options const& numbering = {});

} // namespace hubbub

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/transport/impl/make_redis_tls.ipp>
#endif
