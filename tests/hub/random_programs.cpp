// Thousands of programs on three servers, and a model of one page that must agree with them.
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
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using lossy = hubbub::testing::faulty<hubbub::local_transport>;
using bus_type = json_setup::bus;

struct node {
    node(asio::io_context& io, hubbub::local_broker const& broker)
        : wire(io.get_executor(), broker), link(wire),
          numbered(std::make_unique<hubbub::sequenced<lossy>>(link)), bus(numbered), hub(bus) {}

    hubbub::local_transport wire;
    lossy link;
    hubbub::any_transport numbered;
    bus_type bus;
    hubbub::hub<bus_type> hub;
    bool cut = false;
};

/// A call: to all, or to those of these groups, users or connections, without one connection.
struct sent {
    enum class kind { all, groups, users, client };
    kind to;
    std::set<std::string> names;
    std::string except;
    std::string text;
};

/// A client, what it was told, and what the model says that it should have been.
struct peer {
    std::size_t server = 0;
    std::string user;
    std::set<std::string> groups;
    hubbub::client_methods<bus_type> methods;
    hubbub::connection<bus_type> connection;
    std::string id;
    bool here = false;
    lines told;
    lines expected;
};

bool is_meant(sent const& call, peer const& p) {
    if (!p.here || p.id == call.except)
        return false;
    switch (call.to) {
    case sent::kind::all: return true;
    case sent::kind::groups:
        return std::any_of(p.groups.begin(), p.groups.end(),
                           [&](auto const& group) { return call.names.contains(group); });
    case sent::kind::users: return call.names.contains(p.user);
    case sent::kind::client: return call.names.contains(p.id);
    }
    return false;
}

class program {
public:
    explicit program(unsigned seed) : random_(seed) {
        for (int i = 0; i < 3; ++i)
            nodes_.push_back(std::make_unique<node>(io_, broker_));
        settle();
        for (int i = 0; i < 4; ++i)
            connect();
    }

    void run() {
        for (unsigned i = 0; i < 40; ++i) {
            switch (pick(12)) {
            case 0: connect(); break;
            case 1: disconnect(); break;
            case 2:
            case 3: change_group(); break;
            case 4: cut_or_heal(); break;
            case 5: kill(); break;
            default: send(std::to_string(i));
            }
            settle();
        }
        for (std::size_t i = 0; i < nodes_.size(); ++i) {
            heal(i);
            settle(); // what waited there goes out before the next link is whole
        }
    }

    /// Deliveries agree, whatever the order of what waited for a link.
    void check() {
        for (auto const& p : peers_) {
            std::sort(p->told.begin(), p->told.end());
            std::sort(p->expected.begin(), p->expected.end());
            CHECK(p->told == p->expected);
        }
    }

private:
    std::size_t pick(std::size_t bound) { return random_() % bound; }

    void settle() { time_.run_for(std::chrono::milliseconds(20)); }

    peer* somebody() {
        std::vector<peer*> present;
        for (auto const& p : peers_)
            if (p->here)
                present.push_back(p.get());
        return present.empty() ? nullptr : present[pick(present.size())];
    }

    void connect() {
        auto const at = pick(nodes_.size());
        if (!nodes_[at] || nodes_[at]->cut) // it would wait for the link
            return;
        auto& p = *peers_.emplace_back(std::make_unique<peer>());
        p.server = at;
        p.user = "user " + std::to_string(pick(3));
        p.methods.on("tell", [&p](std::string text) { p.told.push_back(std::move(text)); });
        nodes_[at]->hub.async_connect(p.user, p.methods, [&p](std::error_code error, auto made) {
            p.connection = std::move(made);
            p.here = !error;
        });
        settle();
        CHECK(p.here);
        p.id = p.connection.id();
    }

    void disconnect() {
        if (auto* const p = somebody()) {
            p->here = false;
            p->connection.disconnect();
        }
    }

    /// By any server, if both its link and that of the connection's server are whole.
    void change_group() {
        auto* const p = somebody();
        auto const by = pick(nodes_.size());
        if (p == nullptr || !nodes_[by] || nodes_[by]->cut || nodes_[p->server]->cut)
            return;
        auto const group = "group " + std::to_string(pick(3));
        std::optional<std::error_code> done;
        auto const finish = [&](std::error_code error) { done = error; };
        if (pick(3) != 0) {
            nodes_[by]->hub.async_add_to_group(p->id, group, finish);
            p->groups.insert(group);
        } else {
            nodes_[by]->hub.async_remove_from_group(p->id, group, finish);
            p->groups.erase(group);
        }
        settle();
        CHECK(done == std::error_code{});
    }

    void cut_or_heal() {
        auto const at = pick(nodes_.size());
        if (!nodes_[at])
            return;
        if (nodes_[at]->cut)
            return heal(at);
        nodes_[at]->cut = true;
        nodes_[at]->link.cut();
    }

    /// What waited for the link goes out now.
    void heal(std::size_t at) {
        if (!nodes_[at] || !nodes_[at]->cut)
            return;
        nodes_[at]->cut = false;
        nodes_[at]->link.heal();
        for (auto const& call : std::exchange(waiting_[at], {}))
            expect(call);
    }

    /// Without a word; one at most.
    void kill() {
        auto const at = pick(nodes_.size());
        if (killed_ || !nodes_[at] || pick(4) != 0)
            return;
        killed_ = true;
        nodes_[at]->wire.close();
        for (auto const& p : peers_)
            if (p->server == at)
                p->here = false;
        nodes_[at].reset();
    }

    void send(std::string text) {
        auto const by = pick(nodes_.size());
        if (!nodes_[by])
            return;
        auto const clients = nodes_[by]->hub.clients();
        auto const* const spared = pick(3) == 0 ? somebody() : nullptr;
        sent call{static_cast<sent::kind>(pick(4)), {}, spared ? spared->id : "", std::move(text)};
        for (std::size_t i = 0, count = 1 + pick(3); i < count; ++i)
            call.names.insert((call.to == sent::kind::users ? "user " : "group ") +
                              std::to_string(pick(3)));
        lines const names(call.names.begin(), call.names.end());
        auto const publish = [&](auto target) {
            CHECK(!std::move(target).except({call.except}).send("tell", call.text));
        };
        switch (call.to) {
        case sent::kind::all: publish(clients.all()); break;
        case sent::kind::groups:
            publish(names.size() == 1 ? clients.group(names[0]) : clients.groups(names));
            break;
        case sent::kind::users:
            publish(names.size() == 1 ? clients.user(names[0]) : clients.users(names));
            break;
        case sent::kind::client: {
            auto const* const to = somebody();
            if (to == nullptr)
                return;
            call.names = {to->id};
            call.except.clear();
            CHECK(!clients.client(to->id).send("tell", call.text));
            if (to->server == by) // it needs no link
                return peers_at(to->id).expected.push_back(call.text);
        }
        }
        if (nodes_[by]->cut)
            waiting_[by].push_back(std::move(call));
        else
            expect(call);
    }

    peer& peers_at(std::string const& id) {
        return **std::find_if(peers_.begin(), peers_.end(),
                              [&](auto const& p) { return p->id == id; });
    }

    /// The model: whom a call reaches that goes out now.
    void expect(sent const& call) {
        for (auto const& p : peers_)
            if (is_meant(call, *p) && !nodes_[p->server]->cut)
                p->expected.push_back(call.text);
    }

    std::minstd_rand random_;
    asio::io_context io_;
    hubbub::testing::virtual_time time_{io_};
    hubbub::local_broker broker_;
    std::vector<std::unique_ptr<node>> nodes_;
    std::vector<std::unique_ptr<peer>> peers_;
    std::vector<sent> waiting_[3];
    bool killed_ = false;
};

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE("random programs on three servers whose links fall and that die do what the model says") {
    for_each_seed(1000, [](unsigned seed) {
        program p(seed);
        p.run();
        p.check();
    });
}

TEST_SUITE_END();
