// SPDX-License-Identifier: MIT
#include <hubbub/hub/cluster/server_registry.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using hubbub::detail::server_registry;
using ids = std::vector<std::string>;

TEST_CASE("a server is alive from its first beacon, and told once") {
    server_registry r("self", 3);
    CHECK(r.alive().empty());
    CHECK(r.heard("other").joined == ids{"other"});
    CHECK(r.heard("other").joined.empty());
    CHECK(r.heard("self").joined == ids{"self"});
    CHECK(r.alive() == ids{"other", "self"});
}

TEST_CASE("a server that misses beacons is lost when this one has heard itself as often") {
    server_registry r("self", 3);
    r.heard("self");
    r.heard("other");
    CHECK(r.heard("self").lost.empty());
    CHECK(r.heard("self").lost.empty());
    CHECK(r.heard("self").lost == ids{"other"});
    CHECK(r.alive() == ids{"self"});
    CHECK(r.heard("other").joined == ids{"other"}); // it was frozen, say
}

TEST_CASE("who hears nothing, not even itself, takes nobody for dead") {
    server_registry r("self", 3);
    r.heard("self");
    r.heard("other");
    for (int i = 0; i < 100; ++i)
        CHECK(r.heard("other").lost.empty());
    CHECK(r.alive() == ids{"other", "self"});
}

TEST_CASE("a server that was never heard of is silent after the same time, and is not lost") {
    server_registry r("self", 2);
    r.heard("self");
    auto const asked = r.beats();
    CHECK(r.heard("self").lost.empty());
    CHECK(!r.is_silent("unknown", asked));
    CHECK(r.heard("self").lost.empty());
    CHECK(r.is_silent("unknown", asked));
    CHECK(!r.is_silent("unknown", r.beats()));
    CHECK(!r.is_silent("self", asked));
}

TEST_CASE("a server that says it goes is lost at once, and told once") {
    server_registry r("self", 3);
    r.heard("other");
    CHECK(r.left("other").lost == ids{"other"});
    CHECK(r.left("other").lost.empty());
    CHECK(r.left("unknown").lost.empty());
}

TEST_CASE("a beacon that only answers another server's is no measure of time") {
    server_registry r("self", 1);
    r.heard("other");
    for (int i = 0; i < 10; ++i)
        CHECK(r.heard("self", false).lost.empty());
    CHECK(r.heard("self").lost == ids{"other"});
}

TEST_CASE(
    "what is heard of a server after it said that it goes is stale, as long as it may be late") {
    server_registry r("self", 2);
    r.heard("self");
    r.heard("other");
    r.left("other");
    CHECK(r.heard("other").joined.empty());
    CHECK(r.heard("other").stale);
    CHECK(r.alive() == ids{"self"});
    CHECK(!r.heard("self").stale);
    r.heard("self");
    CHECK(r.heard("other").joined == ids{"other"}); // ids are forgotten, that they do not pile up
}
