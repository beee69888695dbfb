// Publish one message to one subscriber, in this process.
#include <hubbub.hpp>

#include <asio/io_context.hpp>
#include <iostream>

int main() {
    asio::io_context io;
    hubbub::local_broker broker;
    hubbub::local_transport transport{io.get_executor(), broker};
    hubbub::bus bus{transport, hubbub::text_serializer{}};

    auto const greetings = bus.subscribe<std::string>(
        "greetings", [](std::string const& text) { std::cout << text << '\n'; });

    if (auto const refused = bus.publish("greetings", "hello"))
        std::cerr << "not published: " << refused.message() << '\n';
    io.run();
}
