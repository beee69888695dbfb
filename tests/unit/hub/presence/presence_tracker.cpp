// SPDX-License-Identifier: MIT
#include <hubbub/hub/presence/presence_tracker.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace presence_tracker_test {

using hubbub::detail::presence_snapshot;
using hubbub::detail::presence_tracker;
using hubbub::detail::presence_update;

namespace {

/// The change of this number: the connection of this name comes, or leaves.
presence_update change(std::uint64_t number, std::string const& who, bool here = true) {
    return {"server", number, {who, "", {}}, here, {}};
}

/// The snapshot after so many changes.
presence_snapshot snapshot_at(std::uint64_t number, std::vector<std::string> const& present) {
    presence_snapshot all{.number = number, .present = {}};
    for (auto const& who : present)
        all.present.push_back({who, "", {}});
    return all;
}

/// A tracker of one server, and what it tells: "+a -b ".
struct told {
    bool heard(std::uint64_t number) { return seen.heard("server", number); }
    bool changed(presence_update const& c) { return seen.changed(c, changes); }
    void arrived(presence_snapshot const& all) { seen.arrived("server", all, changes); }

    std::string text() {
        std::string all;
        for (auto const& c : changes)
            all += (c.joined ? "+" : "-") + c.name + " ";
        changes.clear();
        return all;
    }

    presence_tracker seen;
    presence_tracker::changes changes;
};

} // namespace

TEST_CASE("what changes while the snapshot is asked for is told after it, and it is not asked for "
          "again") {
    told m;
    CHECK(m.heard(10));
    CHECK(!m.changed(change(11, "c")));
    CHECK(!m.changed(change(12, "a", false)));
    CHECK(!m.changed(change(13, "d")));
    CHECK(m.text().empty());
    m.arrived(snapshot_at(11, {"a", "b", "c"})); // with the first of them
    CHECK(m.text() == "+a +b +c -a +d ");
    CHECK(!m.changed(change(14, "e")));
    CHECK(m.text() == "+e ");
    CHECK(!m.heard(14));
}

TEST_CASE("changes that overtake each other are told in their order") {
    told m;
    CHECK(!m.heard(0));
    CHECK(m.changed(change(2, "a", false))); // for all that is known, one was lost
    CHECK(!m.changed(change(1, "a")));
    CHECK(m.text() == "+a -a ");
    m.arrived(snapshot_at(2, {}));
    CHECK(m.text().empty());
}

TEST_CASE("a snapshot is asked for again only if one was lost, and once between two beacons") {
    told m;
    CHECK(m.heard(1));
    CHECK(!m.changed(change(3, "c")));
    m.arrived(snapshot_at(1, {"a"})); // 2 is lost, but that can wait
    CHECK(m.text() == "+a ");
    CHECK(!m.changed(change(5, "e")));
    CHECK(m.heard(5));
    CHECK(!m.heard(5));
    m.arrived(snapshot_at(4, {"a", "b", "c", "d"}));
    CHECK(m.text() == "+b +c +d +e ");

    CHECK(m.changed(change(7, "g"))); // no snapshot was asked for since the last beacon
    m.seen.failed("server");
    CHECK(!m.changed(change(8, "h")));
    CHECK(m.heard(8));
    m.arrived(snapshot_at(6, {"a", "b", "c", "d", "e", "f"}));
    CHECK(m.text() == "+f +g +h ");
}

TEST_CASE(
    "of the changes that wait for a snapshot the latest are kept, so that it is caught up with") {
    told m;
    CHECK(m.heard(1));
    constexpr auto last = presence_tracker::most_kept + 10;
    for (std::uint64_t number = 2; number <= last; ++number)
        CHECK(!m.changed(change(number, "a", number % 2 == 0)));
    m.arrived(snapshot_at(last - 3, {"b"}));
    CHECK(m.text() == "+b +a -a +a ");
}

} // namespace presence_tracker_test
