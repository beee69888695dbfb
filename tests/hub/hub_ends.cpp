// What is left when a hub is closed or destroyed, on every bus.
#include "support/hub_stage.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <system_error>

TEST_SUITE_BEGIN("hub");

TEST_CASE("an outlet may destroy its hub, and a connection may outlive it") {
    stage<json_setup> s;
    auto& ada = s.connect(s.left());
    auto& bob = s.connect(s.left());
    ada.methods.on("end", [&] { s.left().hub.reset(); });
    CHECK(!s.right().hub->clients().all().send("end"));
    s.run_until([&] { return s.left().hub == nullptr; }, "the hub's end");

    CHECK(bob.connection.send("anything") == hubbub::errc::closed);
    bob.connection.disconnect();
    ada.connection.disconnect();
}

TEST_CASE("a hub that is closed sends nothing any more, and says so") {
    stage<json_setup> s;
    auto& ada = s.connect(s.right(), "ada");
    auto& hub = *s.left().hub;
    hub.close();
    CHECK(hub.clients().all().send("tell", "nobody") == hubbub::errc::closed);
    CHECK(hub.clients().user("ada").disconnect("no reason") == hubbub::errc::closed);
    CHECK(hub.servers().send("do") == hubbub::errc::closed);
    s.flush(s.right());
    CHECK(ada.told.empty());
    CHECK(ada.connection.connected());
}

TEST_CASE("what waits when a hub is destroyed ends as closed") {
    stage<json_setup> s;
    auto const mute = s.mute_server();
    s.connect(s.right());

    std::optional<std::error_code> outcome;
    s.left().hub->async_add_to_group("mute-1", "lobby",
                                     [&](std::error_code error) { outcome = error; });
    s.left().hub.reset();
    s.run_until([&] { return outcome.has_value(); }, "the operation to end");
    CHECK(*outcome == hubbub::errc::closed);
}

TEST_SUITE_END();
