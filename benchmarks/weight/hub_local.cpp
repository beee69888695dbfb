// A hub with three methods, on a local bus, with JSON.
#include <hubbub/bus.hpp>
#include <hubbub/hub.hpp>
#include <hubbub/serializer/json.hpp>
#include <hubbub/transport/local.hpp>

#include <asio/io_context.hpp>

#include <iostream>
#include <string>
#include <system_error>

int main() {
    asio::io_context io;
    hubbub::local_broker broker;
    hubbub::local_transport transport{io.get_executor(), broker};
    hubbub::bus bus{transport, hubbub::json_serializer{}};
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
