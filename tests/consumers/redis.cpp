// SPDX-License-Identifier: MIT
// Needs hiredis to link, which nothing but the Redis dependency brings. No Redis is asked: io does
// not run.
#include <hubbub/transport/redis.hpp>

#include <hubbub.hpp>

#include <asio/io_context.hpp>

#include <cstdio>

int main() {
    asio::io_context io;
    hubbub::redis_transport transport{io.get_executor(), "redis://127.0.0.1:6379?app=Consumer"};
    hubbub::bus bus{transport, hubbub::text_serializer{}};
    std::puts("linked");
}
