// A hub with three methods, on numbered messages over Redis, with JSON.
#include "hub_redis.hpp"

#include <asio/io_context.hpp>

#include <iostream>
#include <string>
#include <system_error>

int main() {
    asio::io_context io;
    transport_type transport{hubbub::redis_transport{io.get_executor(), "redis://127.0.0.1"}};
    bus_type bus{transport};
    hubbub::hub hub{bus};

    hub.on("add", [](int a, int b) { return a + b; });
    hub.on("say", [&hub](hubbub::caller const& who, std::string const& text) {
        if (auto const refused = hub.clients().group("lobby").send("said", who.user(), text))
            std::cerr << refused.message() << '\n';
    });
    hub.on("join", [&hub](hubbub::caller const& who) {
        hub.async_add_to_group(who.connection_id(), "lobby", [](std::error_code) {});
    });
    io.run();
}
