// What is sent to all servers before they have met, in time that the test owns.
#include "support/hub_frames.hpp"
#include "support/outage_stage.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

namespace {

using namespace std::chrono_literals;
using hubbub::errc;

/// The calls that a server gets, and those that it is told have failed.
struct early_calls_of {
    explicit early_calls_of(outage_server& s) : at(s) {
        at.hub->servers().on("note", [this](int number) { told.push_back(number); });
        at.hub->set_observer([this](hubbub::hub_event const& e) {
            if (auto const* const f = std::get_if<hubbub::call_failed>(&e)) {
                CHECK(f->connection.empty());
                CHECK(f->method == "note");
                CHECK(!f->text.empty());
                failed.push_back(f->error);
                if (resends)
                    CHECK(!send(static_cast<int>(failed.size())));
            }
        });
    }

    std::error_code send(int number) const { return at.hub->servers().send("note", number); }

    outage_server& at;
    std::vector<int> told;
    error_list failed;
    bool resends = false;
};

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE("what is sent to all servers arrives in the order sent, also if they meet in between") {
    outage o;
    auto wire = o.time.make(); // hears beacons, and has no hub
    hub_bus bus(wire);
    auto const hearing =
        bus.subscribe<hubbub::detail::server_beacon>("hub/servers", [](auto const&) {});
    outage_server starting(o.time, {}, {}, false);
    early_calls_of late(starting);
    early_calls_of left(o.left);
    early_calls_of right(*o.right);
    CHECK(!late.send(1)); // to servers of which it knows none
    o.time.run_for(100ms);
    CHECK(!late.send(2)); // it knows those that are there, and waits for one that is not
    o.time.run_for(2s);
    CHECK(!late.send(3)); // and has waited long enough
    o.time.run_for(100ms);
    for (auto const* const each : {&late, &left, &right})
        CHECK(each->told == std::vector{1, 2, 3});
    CHECK(late.failed.empty());
}

TEST_CASE("so many calls as the option says wait until the servers have met") {
    counted_outage o({.hub = {.max_waiting_calls = 2}, .cut_at_the_start = true});
    early_calls_of left(o.left);
    early_calls_of right(*o.right);
    CHECK(!left.send(1));
    CHECK(!left.send(2));
    CHECK(left.send(3) == errc::queue_full);
    o.time.run_for(1s);
    CHECK(left.told == std::vector{1, 2}); // one's own does not wait
    CHECK(right.told.empty());
    o.left.link.heal();
    o.time.run_for(100ms);
    CHECK(right.told == std::vector{1, 2});
    for (int number = 3; number < 6; ++number)
        CHECK(!left.send(number));
    o.time.run_for(100ms);
    for (auto const* const each : {&left, &right}) {
        CHECK(each->told == std::vector{1, 2, 3, 4, 5});
        CHECK(each->failed.empty());
    }
}

TEST_CASE("of a limit of none, any number of calls waits until the servers have met") {
    counted_outage o({.hub = {.max_waiting_calls = 0}, .cut_at_the_start = true});
    early_calls_of left(o.left);
    early_calls_of right(*o.right);
    for (int number = 0; number < 2000; ++number)
        CHECK(!left.send(number));
    o.left.link.heal();
    o.time.run_for(100ms);
    CHECK(left.told.size() == 2000);
    CHECK(right.told == left.told);
}

TEST_CASE("what was sent to servers that are not met in time is an event, and comes not later") {
    outage o({.hub = {.request_timeout = 5s}, .cut_at_the_start = true});
    early_calls_of left(o.left);
    early_calls_of right(*o.right);
    CHECK(!left.send(1));
    o.time.run_for(3s);
    CHECK(!left.send(2));
    o.time.run_for(1900ms);
    CHECK(left.failed.empty());
    o.time.run_for(200ms);
    CHECK(left.failed == error_list(2, errc::timed_out));
    CHECK(!left.send(3));
    o.left.link.heal();
    o.time.run_for(1min);
    CHECK(left.failed.size() == 2);
    CHECK(left.told == std::vector{1, 2, 3});
    CHECK(right.told == std::vector{3});
}

TEST_CASE("who sends again what was not told waits again") {
    outage o({.hub = {.request_timeout = 5s}, .cut_at_the_start = true});
    early_calls_of left(o.left);
    left.resends = true;
    CHECK(!left.send(0));
    o.time.run_for(5100ms);
    CHECK(left.failed.size() == 1);
    o.time.run_for(5s);
    CHECK(left.failed.size() == 2);
    CHECK(left.told == std::vector{0, 1, 2});
} // a destructor tells nobody what waits then

TEST_CASE("what waits for the servers to meet when the hub ends is an event") {
    outage o({.cut_at_the_start = true});
    early_calls_of left(o.left);
    CHECK(!left.send(1));
    CHECK(!left.send(2));
    unsigned refused = 0;
    o.left.hub->set_observer([&, failed = 0](hubbub::hub_event const& e) mutable {
        if (auto const* const f = std::get_if<hubbub::call_failed>(&e)) {
            left.failed.push_back(f->error);
            refused += left.send(++failed) == errc::closed ? 1 : 0; // no end of it else
        }
    });
    o.left.hub->close();
    CHECK(left.failed == error_list(2, errc::closed));
    CHECK(refused == 2);
    CHECK(left.send(3) == errc::closed);
    o.time.run_for(1min);
    CHECK(left.failed.size() == 2);
}

TEST_SUITE_END();
