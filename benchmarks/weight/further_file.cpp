// A further file of a program, which registers three methods on its hub.
#include "hub_redis.hpp"

#include <iostream>
#include <string>

void register_methods(hubbub::hub<bus_type>& hub) {
    hub.on("add", [](int a, int b) { return a + b; });
    hub.on("say", [&hub](hubbub::caller const& who, std::string const& text) {
        if (auto const refused = hub.clients().group("lobby").send("said", who.user(), text))
            std::cerr << refused.message() << '\n';
    });
    hub.on("shout", [&hub](hubbub::caller const& who, std::string const& text) {
        if (auto const refused = hub.clients().all().send("said", who.user(), text + "!"))
            std::cerr << refused.message() << '\n';
    });
}
