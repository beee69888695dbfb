// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/transport/make_redis.hpp>

#include <hubbub/transport/redis.hpp>
#include <hubbub/transport/sequenced.hpp>

#include <string_view>

namespace hubbub {

HUBBUB_DECL any_transport make_redis_transport(detail::executor_argument const& executor,
                                               std::string_view url) {
    return make_redis_transport(executor, redis::parse_url(url));
}

HUBBUB_DECL any_transport make_redis_transport(detail::executor_argument const& executor,
                                               redis::options const& o) {
    return any_transport(redis_transport(executor, o));
}

HUBBUB_DECL any_transport make_sequenced_redis_transport(detail::executor_argument const& executor,
                                                         std::string_view url,
                                                         sequence_options const& numbering) {
    return make_sequenced_redis_transport(executor, redis::parse_url(url), numbering);
}

HUBBUB_DECL any_transport make_sequenced_redis_transport(detail::executor_argument const& executor,
                                                         redis::options const& o,
                                                         sequence_options const& numbering) {
    return any_transport(sequenced(redis_transport(executor, o), numbering));
}

} // namespace hubbub
