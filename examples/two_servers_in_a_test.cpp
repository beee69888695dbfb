// How to test hub code of your own: two servers on the local bus, in one process, without a clock.
#include "chat_room.hpp"

#include <hubbub/serializer/json.hpp>
#include <hubbub/transport/local.hpp>

#include <asio/io_context.hpp>

#include <cstdlib>
#include <iostream>
#include <string>
#include <system_error>
#include <vector>

namespace {

using test_bus = hubbub::bus<hubbub::local_transport, hubbub::json_serializer>;
using lines = std::vector<std::string>;

void expect(bool truth, char const* what) {
    std::cout << (truth ? "ok      " : "FAILED  ") << what << '\n';
    if (!truth)
        std::exit(1);
}

} // namespace

int main() {
    asio::io_context io;
    hubbub::local_broker backplane;
    hubbub::local_transport left{io.get_executor(), backplane};
    hubbub::local_transport right{io.get_executor(), backplane};
    test_bus left_bus{left};
    test_bus right_bus{right};

    // The code under test, once on each server: it does not know which bus it is on.
    auto collect = [](lines& into) {
        return chat_room<test_bus>::events{
            .message = [&into](std::string user,
                               std::string text) { into.push_back(user + ": " + text); },
            .present = [&into](std::string user) { into.push_back(user + " is here"); }};
    };
    lines ada_sees;
    lines eve_sees;
    chat_room<test_bus> ada{left_bus, "ada", "lobby", collect(ada_sees)};
    chat_room<test_bus> eve{right_bus, "eve", "lobby", collect(eve_sees)};

    auto const entered = [](std::error_code error) { expect(!error, "enters the room"); };
    ada.enter(entered);
    eve.enter(entered);
    io.poll(); // until nothing is ready any more: no sleeping, no guessing

    expect(!ada.say("hi"), "a line is accepted");
    io.restart();
    io.poll();
    expect(eve_sees == lines{"ada: hi"}, "a line reaches the other server");
    expect(ada_sees.empty(), "and not the one who said it");

    eve.move_to("garden", entered);
    io.restart();
    io.poll();
    expect(!ada.say("anyone?"), "a line is accepted");
    io.restart();
    io.poll();
    expect(eve_sees == lines{"ada: hi"}, "who left the group hears no more of it");
}
