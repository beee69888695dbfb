// SPDX-License-Identifier: MIT
// The same program for every way to get at hubbub.
#include <hubbub.hpp>

#include <asio/io_context.hpp>

#include <cstdio>
#include <string>

int main() {
    asio::io_context io;
    hubbub::local_broker broker;
    hubbub::local_transport transport{io.get_executor(), broker};
    hubbub::bus bus{transport, hubbub::text_serializer{}};

    std::string heard;
    auto const sub = bus.subscribe<std::string>(
        "greetings", [&heard](std::string const& text) { heard = text; });
    if (bus.publish("greetings", std::string("hello")))
        return 1;
    io.poll();

    std::printf("%d.%d.%d %s\n", HUBBUB_VERSION_MAJOR, HUBBUB_VERSION_MINOR, HUBBUB_VERSION_PATCH,
                heard.c_str());
    return heard == "hello" ? 0 : 1;
}
