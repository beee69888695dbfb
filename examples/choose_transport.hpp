// The backplane that the command line names. The bus on it is chosen at run time, and compiled once.
#pragma once

#include <hubbub/transport/any.hpp>
#include <hubbub/transport/local.hpp>
#if defined(WITH_REDIS) // where hiredis is there
#include <hubbub/transport/make_redis.hpp>
#endif

#include <asio/io_context.hpp>

#include <memory>
#include <stdexcept>
#include <string_view>

/// A transport over the Redis of that URL; of an empty one, on the local broker.
/// Errors: throws std::invalid_argument if the URL is wrong, or Redis was left out.
inline hubbub::any_transport
choose_transport(asio::io_context& io, hubbub::local_broker const& broker, std::string_view redis) {
    if (redis.empty())
        return hubbub::any_transport{hubbub::local_transport(io.get_executor(), broker)};
#if defined(WITH_REDIS)
    return hubbub::make_sequenced_redis_transport(io.get_executor(), redis);
#else
    throw std::invalid_argument("this program was built without hiredis");
#endif
}
