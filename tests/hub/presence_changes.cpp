// Who comes and goes, told by every server to those that want to know.
#include "support/hub_frames.hpp"
#include "support/timed_backplane.hpp"

#include <hubbub/hub/presence/presence_tracker.hpp>
#include <hubbub/testing/faulty.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <variant>
#include <vector>

namespace {

using namespace std::chrono_literals;
using presence_kind = hubbub::presence_change::kind;

/// "+user ada", "-group lobby"; the ids of connections are left out.
std::string text_of(hubbub::presence_change const& c) {
    char const* const kinds[] = {"connection", "user ", "group "};
    auto const text = std::string(c.joined ? "+" : "-") + kinds[static_cast<int>(c.of)];
    return c.of == presence_kind::connection ? text : text + c.name;
}

/// Two or three servers, the left behind a link that may fail, in a test's time.
struct watching {
    using bus_type = json_setup::bus;
    using link_type = hubbub::testing::faulty<hubbub::any_transport>;

    struct node {
        explicit node(timed_backplane& backplane, hubbub::testing::faults const& f = {})
            : wire(backplane.make()), faults(*wire, f), transport(faults), bus(transport),
              hub(bus) {}

        std::optional<hubbub::any_transport> wire;
        link_type faults;
        hubbub::any_transport transport;
        bus_type bus;
        hubbub::hub<bus_type> hub;
    };

    explicit watching(hubbub::testing::faults const& f = {})
        : watching(f, next_setting<json_setup>()) {}
    watching(hubbub::testing::faults const& f, hub_setting const& on) : time(on), left(time, f) {
        if (on.servers == 3)
            middle.emplace(time);
        right.emplace(time);
        time.run_for(10ms);
    }

    void watch() {
        left.hub.presence().set_observer([this](auto const& c) { told.push_back(text_of(c)); });
        time.run_for(100ms);
    }

    hubbub::connection<bus_type> connect(node& at, std::string const& user) {
        hubbub::connection<bus_type> made;
        at.hub.async_connect(
            user, [](auto const&) {},
            [&](std::error_code error, auto c) {
                CHECK(!error);
                made = std::move(c);
            });
        time.run_for(100ms);
        return made;
    }

    void add(node& by, std::string const& id, char const* group) {
        std::optional<std::error_code> done;
        by.hub.async_add_to_group(id, group, [&](std::error_code error) { done = error; });
        time.run_for(100ms);
        CHECK(done == std::error_code{});
    }

    lines take() {
        auto all = std::exchange(told, {});
        std::sort(all.begin(), all.end());
        return all;
    }

    timed_backplane time;
    lines told;
    node left;
    std::optional<node> middle; // of three
    std::optional<node> right;
};

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE("who watches is told who is there, and then who comes and goes, on every server") {
    stage<json_setup> s;
    auto& early = s.connect(s.right(), "ada");
    REQUIRE(!s.add(s.left(), early.id(), "lobby"));
    lines told;
    std::string last_name;
    s.left().hub->presence().set_observer([&](auto const& c) {
        told.push_back(text_of(c));
        last_name = c.name;
    });
    auto const expect = [&](lines const& all) {
        s.run_until([&] { return told.size() >= all.size(); }, "the changes to be told");
        CHECK(std::exchange(told, {}) == all);
    };
    expect({"+connection", "+user ada", "+group lobby"});

    auto& phone = s.connect(s.left(), "ada"); // a user comes once
    expect({"+connection"});
    CHECK(last_name == phone.id());
    auto& guest = s.connect(s.right());
    expect({"+connection"});
    REQUIRE(!s.add(s.left(), guest.id(), "garden"));
    expect({"+group garden"});
    REQUIRE(!s.add(s.left(), guest.id(), "garden")); // it is there
    REQUIRE(!s.remove(s.left(), guest.id(), "garden"));
    expect({"-group garden"});

    early.connection.disconnect();
    expect({"-group lobby", "-connection"});
    phone.connection.disconnect(); // and goes with its last connection
    expect({"-connection", "-user ada"});
    CHECK(last_name == "ada");
}

TEST_CASE("an observer that throws is told all the same what comes later, and that is an event") {
    watching w;
    lines thrown;
    w.left.hub.set_observer([&](hubbub::hub_event const& e) {
        if (auto const* const failed = std::get_if<hubbub::hook_failed>(&e)) {
            try {
                std::rethrow_exception(failed->exception);
            } catch (std::runtime_error const& what) {
                thrown.emplace_back(what.what());
            }
        }
    });
    auto const early = w.connect(*w.right, "ada"); // from a roll, the others from their changes
    w.left.hub.presence().set_observer([&](auto const& c) {
        w.told.push_back(text_of(c));
        throw std::runtime_error(w.told.back());
    });
    w.time.run_for(2s);
    CHECK(w.take() == lines{"+connection", "+user ada"});
    auto const bob = w.connect(*w.right, "bob");
    w.add(w.left, bob.id(), "lobby");
    CHECK(w.take() == lines{"+connection", "+group lobby", "+user bob"});
    w.right->wire->close(); // a loss is noticed by time
    w.time.run_for(5s);
    CHECK(w.take().size() == 5);
    CHECK(thrown.size() == 10);
    CHECK(w.left.bus.statistics().failed == 0); // it is no sink of the bus
}

TEST_CASE("those of a server that dies without a word leave within the stated time") {
    watching w;
    w.watch();
    auto const ada = w.connect(*w.right, "ada");
    w.add(w.left, ada.id(), "lobby");
    CHECK(w.take() == lines{"+connection", "+group lobby", "+user ada"});
    w.right->wire->close();
    w.time.run_for(2s);
    CHECK(w.take().empty());
    w.time.run_for(2s); // missed_beacons + 1 intervals in all
    CHECK(w.take() == lines{"-connection", "-group lobby", "-user ada"});
}

TEST_CASE("those of a server that closes leave at once") {
    watching w;
    w.watch();
    auto const ada = w.connect(*w.right, "ada");
    CHECK(w.take() == lines{"+connection", "+user ada"});
    w.right->hub.close();
    w.time.run_for(10ms);
    CHECK(w.take() == lines{"-connection", "-user ada"});
}

TEST_CASE("what changed while the link was down is told when it is back, and nothing twice") {
    watching w;
    w.watch();
    auto ada = w.connect(*w.right, "ada");
    auto const bob = w.connect(*w.right, "bob");
    w.take();
    w.left.faults.cut();
    ada.disconnect();
    auto const eve = w.connect(*w.right, "eve");
    w.connect(*w.right, "zoe").disconnect();            // comes and goes
    auto const brief = w.connect(*w.right, "zoe").id(); // comes and goes
    w.time.run_for(1min);
    CHECK(w.take().empty());
    w.left.faults.heal();
    w.time.run_for(2s);
    CHECK(w.take() == lines{"+connection", "+user eve", "-connection", "-user ada"});
}

TEST_CASE("changes that are lost on the way are told within a few beacons") {
    watching w({.seed = 7, .drop = 0.3, .duplicate = 0.2, .reorder = 0.3});
    w.watch();
    std::vector<hubbub::connection<watching::bus_type>> there;
    for (int i = 0; i < 50; ++i) {
        there.push_back(w.connect(*w.right, "user " + std::to_string(i)));
        if (i % 3 != 0)
            there[there.size() / 2].disconnect();
    }
    w.time.run_for(1min);
    auto const net = [&](char const* what) {
        return std::count(w.told.begin(), w.told.end(), std::string("+") + what) -
               std::count(w.told.begin(), w.told.end(), std::string("-") + what);
    };
    CHECK(w.left.faults.counts().dropped > 10);
    // A server of which three beacons in a row are lost is gone until the next that comes.
    auto const agree = [&] {
        return static_cast<std::size_t>(net("connection")) == w.right->hub.connections();
    };
    for (int beacon = 0; beacon < 12 && !agree(); ++beacon)
        w.time.run_for(1s);
    CHECK(agree());
}

TEST_CASE("while nobody watches a change is no message") {
    watching w;
    auto const published = [&] { return w.right->bus.statistics().published; };
    auto const busy = [&] {
        auto const before = published();
        auto ada = w.connect(*w.right, "ada");
        w.add(*w.right, ada.id(), "lobby");
        ada.disconnect();
        w.time.run_for(100ms);
        return published() - before;
    };
    w.time.run_for(1040ms); // between two beacons
    CHECK(busy() == 0);
    w.watch();
    w.time.run_for(950ms);
    CHECK(busy() == 3);
    w.left.hub.presence().set_observer({});
    w.told.clear();
    w.time.run_for(1700ms); // its next beacon says so
    CHECK(busy() == 0);
    CHECK(w.told.empty());
}

TEST_CASE("a change of one group names no other, however many the connection is in") {
    using hubbub::detail::presence_update;
    watching w;
    auto const ada = w.connect(*w.right, "ada");
    w.watch();
    w.time.run_for(2s); // the right server's next beacon has come, and it told who is there
    CHECK(w.take() == lines{"+connection", "+user ada"});
    lines named;
    auto const wire =
        w.left.bus.subscribe<presence_update>("hub/presence", [&](presence_update const& c) {
            named.push_back(c.group.value_or("none"));
            named.insert(named.end(), c.who.groups.begin(), c.who.groups.end());
        });
    for (auto const* const group : {"lobby", "garden", "roof"})
        w.add(*w.right, ada.id(), group);
    w.right->hub.async_remove_from_group(ada.id(), "garden", [](std::error_code) {});
    w.time.run_for(100ms);
    CHECK(named == lines{"lobby", "garden", "roof", "garden"});
    CHECK(w.take() == lines{"+group garden", "+group lobby", "+group roof", "-group garden"});
}

TEST_CASE("a connection that is refused neither comes nor goes") {
    watching w;
    w.watch();
    w.right->hub.on_authorize([](auto const&, hubbub::access_request const& a) {
        return a.what != hubbub::access_request::kind::connect;
    });
    std::optional<std::error_code> done;
    w.right->hub.async_connect(
        "ada", [](auto const&) {}, [&](std::error_code error, auto) { done = error; });
    w.time.run_for(2s);
    CHECK(done == make_error_code(hubbub::hub_errc::refused));
    CHECK(w.told.empty());
}

TEST_CASE("a group is told, and listed, when joining it is done, and not if that fails") {
    watching w;
    auto const ada = w.connect(w.left, "ada");
    w.watch();
    w.time.run_for(2s);
    CHECK(w.take() == lines{"+connection", "+user ada"});
    lines groups;
    std::vector<std::error_code> ended;
    auto const note = [&](std::error_code error) { ended.push_back(error); };
    auto const list = [&] {
        w.left.hub.async_groups_of(ada.id(), [&](std::error_code error, lines all) {
            CHECK(!error);
            groups = std::move(all);
        });
        w.time.run_for(10ms);
        return groups;
    };
    auto const too_long = std::string(hubbub::message_limits{}.max_name_bytes, 'x');
    w.left.hub.async_add_to_group(ada.id(), too_long, note);
    w.time.run_for(10ms);
    CHECK(std::exchange(ended, {}) == std::vector<std::error_code>{hubbub::errc::name_too_long});
    CHECK(w.take().empty());

    w.left.faults.cut();
    for (auto const* const group : {"lobby", "garden", "lobby"})
        w.left.hub.async_add_to_group(ada.id(), group, note);
    w.left.hub.async_remove_from_group(ada.id(), "garden", note);
    w.time.run_for(1s);
    CHECK(list().empty());
    w.left.faults.heal();
    w.time.run_for(1s);
    CHECK(ended == std::vector<std::error_code>(4));
    CHECK(list() == lines{"lobby"});
    CHECK(w.take() == lines{"+group lobby"});
    w.left.hub.async_remove_from_group(ada.id(), "lobby", note);
    w.time.run_for(10ms);
    CHECK(list().empty());
    CHECK(w.take() == lines{"-group lobby"});
}

TEST_SUITE_END();
