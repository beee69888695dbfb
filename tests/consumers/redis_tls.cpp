// SPDX-License-Identifier: MIT
// Needs OpenSSL to link, which nothing but the dependency with TLS brings. No Redis is asked: io
// does not run.
#include <hubbub/transport/redis_tls.hpp>

#include <hubbub.hpp>

#include <asio/io_context.hpp>

#include <cstdio>

int main() {
    asio::io_context io;
    hubbub::redis_tls_transport transport{io.get_executor(), "rediss://127.0.0.1?app=Consumer"};
    hubbub::bus bus{transport, hubbub::text_serializer{}};
    std::puts("linked");
}
