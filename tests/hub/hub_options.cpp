// Which options a hub refuses, and what it says.
#include "support/hub_stage.hpp"

#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

/// What a hub says of options; nothing if it takes them.
std::string refusal_of(hubbub::hub_options const& options) {
    asio::io_context io;
    hubbub::any_transport transport(
        hubbub::local_transport(io.get_executor(), hubbub::local_broker{}));
    json_setup::bus bus(transport);
    try {
        hubbub::hub<json_setup::bus> const hub(bus, options);
        return {};
    } catch (std::invalid_argument const& e) {
        return e.what();
    }
}

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE("a hub whose topics would be among those of another is refused by its name") {
    CHECK(refusal_of({.name = "chat/group"}) ==
          "hub_options: name is 'chat/group'; a '/' in it would mix the topics of this hub with "
          "those of another: use another character");
    CHECK(refusal_of({.name = "chat.group"}).empty());
}

TEST_CASE("a second hub of one name on a transport is refused while the first is there") {
    asio::io_context io;
    hubbub::any_transport transport(
        hubbub::local_transport(io.get_executor(), hubbub::local_broker{}));
    json_setup::bus bus(transport);
    json_setup::bus another_bus(transport);
    using hub = hubbub::hub<json_setup::bus>;
    hub first(bus, {.name = "chat"});
    hub const game(bus, {.name = "game"});
    for (auto* const b : {&bus, &another_bus}) {
        std::string refusal;
        try {
            hub const second(*b, {.name = "chat"});
        } catch (std::invalid_argument const& e) {
            refusal = e.what();
        }
        CHECK(refusal ==
              "hub_options: name is 'chat', as that of another hub on this transport, and "
              "servers of one hub have a transport each: use another name or transport");
    }
    first.close();
    hub const next(bus, {.name = "chat"});
    CHECK(next.server_id() != first.server_id());
}

TEST_CASE("a hub takes no options that cannot work, and says which") {
    using std::chrono::milliseconds;
    std::vector<std::pair<hubbub::hub_options, std::string>> const refused{
        {{.request_timeout = milliseconds(0)}, "request_timeout is 0 ms; it must be positive"},
        {{.request_timeout = milliseconds(-1)}, "request_timeout is -1 ms; it must be positive"},
        {{.beacon_interval = milliseconds(0)}, "beacon_interval is 0 ms; it must be positive"},
        {{.missed_beacons = 0},
         "missed_beacons is 0: a living server would be lost between two beacons; it must be 2 or "
         "more"},
        {{.missed_beacons = 1},
         "missed_beacons is 1: a living server would be lost between two beacons; it must be 2 or "
         "more"},
        {{.outbox_budget = 0}, "outbox_budget is 0: no call could wait; it must be 1 or more"},
        {{.max_stream_items = 0},
         "max_stream_items is 0: no item could be sent; it must be 1 or more"},
    };
    for (auto const& [options, text] : refused)
        CHECK(refusal_of(options) == "hub_options: " + text);
    CHECK(refusal_of({}).empty());
    CHECK(refusal_of({.request_timeout = milliseconds(1),
                      .beacon_interval = milliseconds(1),
                      .missed_beacons = 2,
                      .outbox_budget = 1,
                      .parallel_calls = 0,
                      .max_waiting_calls = 0,
                      .max_streams = 0,
                      .max_stream_items = 1})
              .empty());
}

TEST_SUITE_END();
