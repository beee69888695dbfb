// In which order calls arrive.
#include "support/hub_stage.hpp"

#include <doctest/doctest.h>

#include <string>

TEST_SUITE_BEGIN("hub");

TEST_CASE("calls of one server to a group arrive in the order made") {
    stage<json_setup> s;
    for (auto& at : s.servers)
        CHECK(!s.add(s.right(), s.connect(at).id(), "lobby"));
    lines expected;
    for (int i = 0; i < 500; ++i) {
        expected.push_back(std::to_string(i));
        REQUIRE(!s.left().hub->clients().group("lobby").send("tell", expected.back()));
    }
    s.flush(s.left());
    for (auto const& c : s.clients)
        CHECK(c.told == expected);
}

TEST_CASE("via the backplane the members of a group on all servers see one order") {
    static_assert(hubbub::redis_transport::traits.agreed_order);
    stage<json_setup> s;
    for (auto& at : s.servers)
        for (int i = 0; i < 2; ++i)
            CHECK(!s.add(s.right(), s.connect(at).id(), "lobby"));
    constexpr int calls = 200;
    for (int i = 0; i < calls; ++i) {
        for (auto& by : s.servers)
            REQUIRE(!by.hub->clients().group("lobby").send("tell", std::to_string(i) + " by " +
                                                                       by.hub->server_id()));
        if (i % 10 == 0) {
            s.io().restart();
            s.io().poll();
        }
    }
    for (auto& by : s.servers)
        s.flush(by);
    auto const& first = s.clients.front().told;
    CHECK(first.size() == calls * s.servers.size());
    for (auto const& c : s.clients)
        CHECK(c.told == first);
    for (auto& by : s.servers) { // and in that one, each server's are in the order made
        lines own;
        for (auto const& line : first)
            if (line.ends_with(by.hub->server_id()))
                own.push_back(line.substr(0, line.find(' ')));
        lines expected;
        for (int i = 0; i < calls; ++i)
            expected.push_back(std::to_string(i));
        CHECK(own == expected);
    }
}

TEST_SUITE_END();
