// Programs on three servers whose links lose, delay, double and reorder what comes:
// a call is delivered as the model says, or it is in a gap that was told.
#include "support/hub_stage.hpp"
#include "support/seeds.hpp"

#include <hubbub/testing/faulty.hpp>
#include <hubbub/testing/virtual_time.hpp>
#include <hubbub/transport/sequenced.hpp>

#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using losing_link = hubbub::testing::faulty<hubbub::local_transport>;
using losing_bus = json_setup::bus;

struct losing_server {
    losing_server(asio::io_context& io, hubbub::local_broker const& broker,
                  hubbub::testing::faults const& f)
        : wire(io.get_executor(), broker), link(wire, f),
          transport(std::make_unique<hubbub::sequenced<losing_link>>(link)), bus(transport),
          hub(bus) {
        bus.on_event([this](hubbub::event const& e) {
            if (auto const* const g = std::get_if<hubbub::gap>(&e))
                gaps[std::string(g->topic)] += g->last - g->first + 1;
        });
    }

    hubbub::local_transport wire;
    losing_link link;
    hubbub::any_transport transport;
    losing_bus bus;
    hubbub::hub<losing_bus> hub;
    std::map<std::string, std::uint64_t> gaps;
};

/// A client, what it was told, and what it should have been: each text, and the topic it came by.
struct losing_client {
    std::size_t server = 0;
    std::string user;
    std::set<std::string> groups;
    hubbub::client_methods<losing_bus> methods;
    hubbub::connection<losing_bus> connection;
    bool here = false;
    lines told;
    std::map<std::string, std::string> expected;
};

class losing_program {
public:
    explicit losing_program(unsigned seed) : random_(seed) {
        for (unsigned i = 0; i < 3; ++i)
            servers_.push_back(std::make_unique<losing_server>(
                io_, broker_,
                hubbub::testing::faults{.seed = 3 * seed + i,
                                        .drop = part(20),
                                        .duplicate = part(20),
                                        .reorder = part(20),
                                        .delay = {0ms, std::chrono::milliseconds(pick(20))},
                                        .log_lines = 0}));
        settle();
        for (int i = 0; i < 4; ++i)
            connect();
        settle();
    }

    void run() {
        for (unsigned i = 0; i < 20; ++i) {
            switch (pick(10)) {
            case 0: connect(); break;
            case 1: disconnect(); break;
            case 2: change_group(); break;
            default: send(std::to_string(i));
            }
        }
        time_.run_for(10s); // for the beacons to tell of the last ones
    }

    void check() const {
        std::vector<std::map<std::string, std::set<std::string>>> missing(servers_.size());
        for (auto const& c : clients_) {
            std::set<std::string> const told(c->told.begin(), c->told.end());
            CHECK(told.size() == c->told.size()); // none twice
            for (auto const& text : told)
                CHECK(c->expected.contains(text)); // and none that was for others
            for (auto const& [text, topic] : c->expected)
                if (!told.contains(text))
                    missing[c->server][topic].insert(text);
        }
        for (std::size_t i = 0; i < servers_.size(); ++i)
            for (auto const& [topic, texts] : missing[i]) {
                auto const gap = servers_[i]->gaps.find(topic);
                auto const known = gap == servers_[i]->gaps.end() ? 0 : gap->second;
                CAPTURE(topic);
                CHECK(texts.size() <= known);
            }
    }

    std::uint64_t dropped() const {
        std::uint64_t sum = 0;
        for (auto const& s : servers_)
            sum += s->link.counts().dropped;
        return sum;
    }

private:
    std::size_t pick(std::size_t bound) { return random_() % bound; }
    double part(unsigned percent) { return static_cast<double>(pick(percent)) / 100; }

    /// Until nothing is under way, and every server has heard of all the streams it listens to.
    void settle() { time_.run_for(2s); }

    losing_client* somebody() {
        std::vector<losing_client*> present;
        for (auto const& c : clients_)
            if (c->here)
                present.push_back(c.get());
        return present.empty() ? nullptr : present[pick(present.size())];
    }

    void connect() {
        auto& c = *clients_.emplace_back(std::make_unique<losing_client>());
        c.server = pick(servers_.size());
        c.user = "user " + std::to_string(pick(3));
        c.methods.on("tell", [&c](std::string text) { c.told.push_back(std::move(text)); });
        settle();
        servers_[c.server]->hub.async_connect(c.user, c.methods,
                                              [&c](std::error_code error, auto made) {
                                                  c.connection = std::move(made);
                                                  c.here = !error;
                                              });
        settle();
        CHECK(c.here);
    }

    void disconnect() {
        if (auto* const c = somebody()) {
            settle();
            c->here = false;
            c->connection.disconnect();
        }
    }

    /// By its own server, which loses nothing of it.
    void change_group() {
        auto* const c = somebody();
        if (c == nullptr)
            return;
        settle();
        auto& hub = servers_[c->server]->hub;
        auto const group = "group " + std::to_string(pick(3));
        std::optional<std::error_code> done;
        auto const finish = [&](std::error_code error) { done = error; };
        if (pick(3) != 0) {
            hub.async_add_to_group(c->connection.id(), group, finish);
            c->groups.insert(group);
        } else {
            hub.async_remove_from_group(c->connection.id(), group, finish);
            c->groups.erase(group);
        }
        settle();
        CHECK(done == std::error_code{});
    }

    void send(std::string const& text) {
        auto const by = pick(servers_.size());
        auto const clients = servers_[by]->hub.clients();
        switch (pick(5)) {
        case 0:
            CHECK(!clients.all().send("tell", text));
            return expect(text, "hub/all", [](auto const&) { return true; });
        case 1: {
            auto const group = "group " + std::to_string(pick(3));
            CHECK(!clients.group(group).send("tell", text));
            return expect(text, "hub/group/" + group,
                          [&](auto const& c) { return c.groups.contains(group); });
        }
        case 2: {
            lines const groups{"group 0", "group " + std::to_string(1 + pick(2))};
            CHECK(!clients.groups(groups).send("tell", text));
            return expect(text, "hub/all", [&](auto const& c) {
                return c.groups.contains(groups[0]) || c.groups.contains(groups[1]);
            });
        }
        case 3: {
            auto const user = "user " + std::to_string(pick(3));
            CHECK(!clients.user(user).send("tell", text));
            return expect(text, "hub/user/" + user, [&](auto const& c) { return c.user == user; });
        }
        default:
            if (auto const* const to = somebody()) {
                CHECK(!clients.client(to->connection.id()).send("tell", text));
                expect(text, "hub/server/" + servers_[to->server]->hub.server_id(),
                       [&](auto const& c) { return &c == to; });
            }
        }
    }

    template <class Meant>
    void expect(std::string const& text, std::string const& topic, Meant meant) {
        for (auto const& c : clients_)
            if (c->here && meant(*c))
                c->expected.emplace(text, topic);
    }

    std::minstd_rand random_;
    asio::io_context io_;
    hubbub::testing::virtual_time time_{io_};
    hubbub::local_broker broker_;
    std::vector<std::unique_ptr<losing_client>> clients_;
    std::vector<std::unique_ptr<losing_server>> servers_;
};

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE("random programs over lossy links: each call is delivered, or in a gap that was told") {
    std::uint64_t dropped = 0;
    for_each_seed(40, [&](unsigned seed) {
        losing_program p(seed);
        p.run();
        p.check();
        dropped += p.dropped();
    });
    CHECK(dropped > 0);
}

TEST_SUITE_END();
