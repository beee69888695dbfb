// SPDX-License-Identifier: MIT
#include <hubbub/hub/rpc/pending_calls.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

namespace pending_calls_test {

using namespace std::chrono_literals;
using calls = hubbub::detail::pending_calls<std::string>;
using texts = std::vector<std::string>;

namespace {
constexpr calls::time_point start{};
}

TEST_CASE("a call is taken once, by its number") {
    calls c;
    auto const a = c.begin("x", start + 1s, "a");
    auto const b = c.begin("x", start + 1s, "b");
    CHECK(a != b);
    CHECK(c.take(a) == "a");
    CHECK(!c.take(a));
    CHECK(!c.take(99));
    CHECK(c.take(b) == "b");
    CHECK(!c.next_deadline());
}

TEST_CASE("calls expire at their deadlines, the earliest first") {
    calls c;
    c.begin("x", start + 3s, "late");
    c.begin("y", start + 1s, "early");
    c.begin("y", start + 2s, "between");
    CHECK(c.next_deadline() == start + 1s);
    CHECK(c.take_expired(start).empty());
    CHECK(c.take_expired(start + 2s) == texts{"early", "between"});
    CHECK(c.next_deadline() == start + 3s);
    CHECK(c.take_all() == texts{"late"});
}

TEST_CASE("the calls of one server end together, and no others") {
    calls c;
    c.begin("x", start + 2s, "a");
    c.begin("y", start + 2s, "b");
    c.begin("x", start + 1s, "c");
    CHECK(c.take_of("x") == texts{"a", "c"});
    CHECK(c.take_of("x").empty());
    CHECK(c.take_all() == texts{"b"});
}

TEST_CASE("calls end that have waited for a silent server since a certain time") {
    calls c;
    c.begin("x", start + 1s, "a", 1);
    c.begin("y", start + 1s, "b", 1);
    c.begin("x", start + 1s, "c", 2);
    CHECK(c.take_silent([](auto const& server, auto since) {
        return server == "x" && since < 2;
    }) == texts{"a"});
    CHECK(c.take_all() == texts{"b", "c"});
}

} // namespace pending_calls_test
