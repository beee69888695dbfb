// SPDX-License-Identifier: MIT
#include <hubbub/hub/presence/mirror.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace mirror_test {

using hubbub::detail::mirror;
using hubbub::detail::roll;
using hubbub::detail::roll_change;

namespace {

/// The change of this number: the connection of this name comes, or leaves.
roll_change change(std::uint64_t number, std::string const& who, bool here = true) {
    return {"server", number, {who, "", {}}, here, {}};
}

/// The roll after so many changes.
roll called_at(std::uint64_t number, std::vector<std::string> const& present) {
    roll all{.number = number, .present = {}};
    for (auto const& who : present)
        all.present.push_back({who, "", {}});
    return all;
}

/// A mirror of one server, and what it tells: "+a -b ".
struct told {
    bool heard(std::uint64_t number) { return seen.heard("server", number); }
    bool changed(roll_change const& c) { return seen.changed(c, changes); }
    void called(roll const& all) { seen.called("server", all, changes); }

    std::string text() {
        std::string all;
        for (auto const& c : changes)
            all += (c.joined ? "+" : "-") + c.name + " ";
        changes.clear();
        return all;
    }

    mirror seen;
    mirror::changes changes;
};

} // namespace

TEST_CASE(
    "what changes while the roll is asked for is told after it, and it is not asked for again") {
    told m;
    CHECK(m.heard(10));
    CHECK(!m.changed(change(11, "c")));
    CHECK(!m.changed(change(12, "a", false)));
    CHECK(!m.changed(change(13, "d")));
    CHECK(m.text().empty());
    m.called(called_at(11, {"a", "b", "c"})); // with the first of them
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
    m.called(called_at(2, {}));
    CHECK(m.text().empty());
}

TEST_CASE("a roll is asked for again only if one was lost, and once between two beacons") {
    told m;
    CHECK(m.heard(1));
    CHECK(!m.changed(change(3, "c")));
    m.called(called_at(1, {"a"})); // 2 is lost, but that can wait
    CHECK(m.text() == "+a ");
    CHECK(!m.changed(change(5, "e")));
    CHECK(m.heard(5));
    CHECK(!m.heard(5));
    m.called(called_at(4, {"a", "b", "c", "d"}));
    CHECK(m.text() == "+b +c +d +e ");

    CHECK(m.changed(change(7, "g"))); // no roll was asked for since the last beacon
    m.seen.not_called("server");
    CHECK(!m.changed(change(8, "h")));
    CHECK(m.heard(8));
    m.called(called_at(6, {"a", "b", "c", "d", "e", "f"}));
    CHECK(m.text() == "+f +g +h ");
}

TEST_CASE("of the changes that wait for a roll the latest are kept, so that it is caught up with") {
    told m;
    CHECK(m.heard(1));
    constexpr auto last = mirror::most_kept + 10;
    for (std::uint64_t number = 2; number <= last; ++number)
        CHECK(!m.changed(change(number, "a", number % 2 == 0)));
    m.called(called_at(last - 3, {"b"}));
    CHECK(m.text() == "+b +a -a +a ");
}

} // namespace mirror_test
