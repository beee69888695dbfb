// A server that was cut off is back with the others as soon as its link is, in time that the test
// owns.
#include "support/hub_frames.hpp"
#include "support/outage_stage.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace {

using namespace std::chrono_literals;
using hubbub::detail::beacon_reason;
using hubbub::detail::server_beacon;

bool knows(outage_server const& one, outage_server const& other) {
    auto const ids = one.hub->servers().alive();
    return std::find(ids.begin(), ids.end(), other.hub->server_id()) != ids.end();
}

/// Counts the beacons of each server by what they say.
class beacon_counter {
public:
    explicit beacon_counter(timed_backplane& backplane) : wire_(backplane.make()) {}

    unsigned count(outage_server const& of, beacon_reason state) {
        return counts_[{of.hub->server_id(), state}];
    }
    void clear() { counts_.clear(); }

private:
    hubbub::any_transport wire_;
    outage_link link_{wire_, {}};
    hubbub::sequenced<outage_link> numbered_{link_};
    hubbub::bus<hubbub::sequenced<outage_link>, hubbub::json_serializer> bus_{numbered_};
    std::map<std::pair<std::string, beacon_reason>, unsigned> counts_;
    hubbub::subscription hearing_ = bus_.subscribe<server_beacon>(
        "hub/servers", [this](server_beacon const& b) { ++counts_[{b.server, b.state}]; });
};

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE("a server that was cut off for long is counted again as soon as its link is back") {
    outage o;
    o.connect(o.left);
    o.left.link.cut();
    o.time.run_for(10400ms); // until between two beacons
    CHECK(!knows(*o.right, o.left));
    o.left.link.heal();
    o.time.run_for(10ms);
    CHECK(knows(*o.right, o.left));
    o.right->hub->presence().async_count(
        [&](std::error_code, auto all) { o.counted = std::move(all); });
    o.time.run_for(10ms);
    REQUIRE(o.counted);
    CHECK(o.counted->value == 1);
    CHECK(o.counted->missing.empty());
}

TEST_CASE("a server whose link is back knows at once of those that began meanwhile") {
    counted_outage o;
    o.left.link.cut();
    outage_server late(o.time, {}, {}, false);
    o.connect(late);
    o.time.run_for(10400ms);
    o.left.link.heal();
    o.time.run_for(10ms);
    CHECK(knows(o.left, late));
    o.left.hub->presence().async_count(
        [&](std::error_code, auto all) { o.counted = std::move(all); });
    o.time.run_for(10ms);
    REQUIRE(o.counted);
    CHECK(o.counted->value == 1);
    CHECK(o.counted->missing.empty());
}

TEST_CASE("after an outage of all links each server says once that it is back, and answers once") {
    timed_backplane time(next_setting<json_setup>());
    beacon_counter beacons(time);
    std::deque<outage_server> servers;
    for (int i = 0; i < 10; ++i)
        servers.emplace_back(time, hubbub::hub_options{}, hubbub::testing::faults{}, true);
    auto const heal_all = [&] {
        beacons.clear();
        for (auto& each : servers)
            each.link.heal();
        time.run_for(10ms);
        for (auto const& each : servers) {
            CHECK(beacons.count(each, beacon_reason::arrived) == 1);
            CHECK(beacons.count(each, beacon_reason::too) == 1);
            CHECK(beacons.count(each, beacon_reason::here) == 0);
            CHECK(each.hub->servers().alive().size() == servers.size());
        }
    };
    time.run_for(10s);
    heal_all(); // for the first time
    time.run_for(5300ms);
    for (auto& each : servers)
        each.link.cut();
    time.run_for(10s);
    heal_all();

    // Who comes later is answered again.
    beacons.clear();
    outage_server const late(time, {}, {}, false);
    time.run_for(10ms);
    CHECK(late.hub->servers().alive().size() == servers.size() + 1);
    for (auto const& each : servers)
        CHECK(beacons.count(each, beacon_reason::too) == 1);
}

TEST_CASE("a server that has no room to say that it is back says so with its next beacon") {
    outage o({.link = {.limits = {.max_queue_messages = 10}}});
    beacon_counter beacons(o.time);
    o.time.run_for(1s);
    o.left.link.cut();
    while (!o.left.bus.publish("noise", "noise")) {
    }
    o.time.run_for(10s);
    beacons.clear();
    o.left.link.heal();
    o.time.run_for(2s);
    CHECK(beacons.count(o.left, beacon_reason::arrived) == 1);
    o.time.run_for(2s);
    CHECK(beacons.count(o.left, beacon_reason::arrived) == 1);
}

TEST_SUITE_END();
