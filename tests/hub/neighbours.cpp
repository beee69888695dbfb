// Hubs of two names on one bus, which have nothing to do with each other but its links.
#include "support/hub_stage.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <string>
#include <system_error>
#include <utility>
#include <variant>

namespace {

using shared_bus = json_setup::bus;
using neighbour_hub = hubbub::hub<shared_bus>;

/// How often somebody has connected to the Redis of these cases, which asking does too.
unsigned long connected_to_redis() {
    auto const stats = redis_tcp_fixture::server().command("INFO", "stats");
    std::string const name = "total_connections_received:";
    return std::stoul(stats.substr(stats.find(name) + name.size()));
}

/// Connects as ada, and joins the lobby.
void enter(stage<json_setup>& s, neighbour_hub& at, client<json_setup>& c) {
    CHECK(!s.complete([&](auto done) {
        at.async_connect("ada", c.methods, [&c, done](std::error_code error, auto made) {
            c.connection = std::move(made);
            done(error);
        });
    }));
    CHECK(!s.complete([&](auto done) { at.async_add_to_group(c.id(), "lobby", done); }));
}

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE("hubs of two names on one bus both work, do not hear each other, and share its links") {
    stage<json_setup> s;
    auto const of_chat = [&](std::size_t i) -> auto& { return *s.servers[i].hub; };
    std::deque<client<json_setup>> chatting(s.servers.size());
    for (std::size_t i = 0; i < chatting.size(); ++i)
        enter(s, of_chat(i), chatting[i]);
    bool const on_redis = std::holds_alternative<redis_tcp_fixture>(s.setup.fixture);
    auto const links = on_redis ? connected_to_redis() : 0;

    std::deque<neighbour_hub> of_game;
    std::deque<client<json_setup>> playing(s.servers.size());
    for (auto& at : s.servers)
        of_game.emplace_back(at.bus, hubbub::hub_options{.name = "game"});
    for (std::size_t i = 0; i < playing.size(); ++i)
        enter(s, of_game[i], playing[i]);
    if (on_redis)
        CHECK(connected_to_redis() == links + 1);

    auto const send_all = [](neighbour_hub& from, std::string const& text) {
        CHECK(!from.clients().all().send("tell", text + " to all"));
        CHECK(!from.clients().user("ada").send("tell", text + " to a user"));
        CHECK(!from.clients().group("lobby").send("tell", text + " to a group"));
    };
    for (std::size_t i = 0; i < s.servers.size(); ++i) {
        send_all(of_game[i], "a game");
        send_all(of_chat(i), "a chat"); // of the same bus: it comes after
    }
    auto const told = [&](auto const& clients) {
        return std::all_of(clients.begin(), clients.end(),
                           [&](auto const& c) { return c.told.size() >= 3 * s.servers.size(); });
    };
    s.run_until([&] { return told(chatting) && told(playing); }, "all calls");
    auto const expected = [&](std::string const& text) {
        lines all;
        for (auto const* const to : {" to a group", " to a user", " to all"})
            all.insert(all.end(), s.servers.size(), text + to);
        return all;
    };
    for (auto* const clients : {&chatting, &playing})
        for (auto& c : *clients) {
            std::sort(c.told.begin(), c.told.end());
            CHECK(c.told == expected(clients == &chatting ? "a chat" : "a game"));
        }
}

TEST_SUITE_END();
