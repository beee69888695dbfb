// SPDX-License-Identifier: MIT
#pragma once

#include "support/hub_stage.hpp"

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

/// Servers of one hub, each behind a link that makes faults, and clients of three users and in three
/// groups: what programs are made of that a seed chooses. All of it in time that it owns.
class random_hub {
public:
    /// What happened, line by line, and when.
    lines const& record() const noexcept { return record_; }

protected:
    using bus_type = json_setup::bus;
    using link_type = hubbub::testing::faulty<hubbub::local_transport>;

    /// What a program's servers have in common.
    struct options {
        hubbub::hub_options hub = {};
        hubbub::sequence_options numbers = {};
        /// More than anything takes to come through the links.
        std::chrono::milliseconds settle_time;
    };

    struct server {
        server(asio::io_context& io, hubbub::local_broker const& broker, options const& o,
               hubbub::testing::faults const& f)
            : wire(io.get_executor(), broker), link(wire, f),
              numbered(std::make_unique<hubbub::sequenced<link_type>>(link, o.numbers)),
              bus(numbered), hub(bus, o.hub) {}

        hubbub::local_transport wire;
        link_type link;
        hubbub::any_transport numbered;
        bus_type bus;
        hubbub::hub<bus_type> hub;
        bool cut = false;
    };

    /// A client, what it was told, and what the model says that it should have been.
    struct client {
        std::size_t number = 0;
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

    /// A call: to all, or to those of these groups, users or connections, but for a connection, a
    /// group or a user.
    struct call {
        enum class kind { all, groups, users, clients };

        bool is_for(client const& c) const {
            if (!c.here || c.id == except || c.user == except_user ||
                c.groups.contains(except_group))
                return false;
            switch (to) {
            case kind::all: return true;
            case kind::groups:
                return std::any_of(names.begin(), names.end(),
                                   [&](auto const& group) { return c.groups.contains(group); });
            case kind::users: return names.contains(c.user);
            case kind::clients: return names.contains(c.id);
            }
            return false;
        }

        kind to;
        std::string text;
        std::set<std::string> names = {};
        std::string except = {};
        std::string except_group = {};
        std::string except_user = {};
    };

    random_hub(unsigned seed, options const& o) : options_(o), random_(seed) {}

    void add_server(hubbub::testing::faults const& f = {}) {
        servers_.push_back(std::make_unique<server>(io_, broker_, options_, f));
        settle(); // one by one, they have the least to tell each other
    }

    std::size_t pick(std::size_t bound) { return random_() % bound; }

    /// A client that is here, if there is any.
    client* somebody() {
        std::vector<client*> present;
        for (auto const& c : clients_)
            if (c->here)
                present.push_back(c.get());
        return present.empty() ? nullptr : present[pick(present.size())];
    }

    /// Lets come what is under way.
    void settle() { time_.run_for(options_.settle_time); }

    void note(std::string const& what) {
        auto const now =
            std::chrono::duration_cast<std::chrono::microseconds>(time_.now().time_since_epoch());
        record_.push_back(std::to_string(now.count()) + " us: " + what);
    }

    void connect(std::size_t at) {
        auto& c = *clients_.emplace_back(std::make_unique<client>());
        c.number = clients_.size();
        c.server = at;
        c.user = "user " + std::to_string(pick(3));
        c.methods.on("tell", [this, &c](std::string text) {
            note("client " + std::to_string(c.number) + " is told " + text);
            c.told.push_back(std::move(text));
        });
        servers_[at]->hub.async_connect(c.user, c.methods, [&c](std::error_code error, auto made) {
            c.connection = std::move(made);
            c.here = !error;
        });
        settle();
        REQUIRE(c.here);
        c.id = c.connection.id();
        note("connected " + c.id);
    }

    void disconnect(client& c) {
        c.here = false;
        c.connection.disconnect();
        note("disconnected " + c.id);
    }

    /// Puts it into a group or takes it out, by any server.
    void change_group(client& c, std::size_t by) {
        auto const group = "group " + std::to_string(pick(3));
        std::optional<std::error_code> done;
        auto const finish = [&](std::error_code error) { done = error; };
        if (pick(3) != 0) {
            servers_[by]->hub.async_add_to_group(c.id, group, finish);
            c.groups.insert(group);
        } else {
            servers_[by]->hub.async_remove_from_group(c.id, group, finish);
            c.groups.erase(group);
        }
        settle();
        REQUIRE(done == std::error_code{});
        note("changed " + group + " of " + c.id);
    }

    /// Makes a call by a server; nothing if it would be for clients and nobody is here.
    std::optional<call> send(std::size_t by, std::string text) {
        auto const all = servers_[by]->hub.clients();
        call c{static_cast<call::kind>(pick(4)), std::move(text)};
        lines const names = choose_names(c);
        bool const one = names.size() == 1;
        switch (c.to) {
        case call::kind::all: send(all.all(), c); break;
        case call::kind::groups: send(one ? all.group(names[0]) : all.groups(names), c); break;
        case call::kind::users: send(one ? all.user(names[0]) : all.users(names), c); break;
        case call::kind::clients:
            if (names.empty())
                return std::nullopt;
            CHECK(!(one ? all.client(names[0]).send("tell", c.text)
                        : all.clients(names).send("tell", c.text)));
        }
        note("sent " + c.text);
        return c;
    }

    /// The model: whom a call reaches that goes out now.
    void expect(call const& sent) {
        for (auto const& c : clients_)
            if (sent.is_for(*c) && !servers_[c->server]->cut)
                c->expected.push_back(sent.text);
    }

private:
    /// One to three of the kind that the call is to.
    lines choose_names(call& c) {
        for (std::size_t i = 0, count = 1 + pick(3); i < count; ++i)
            if (c.to != call::kind::clients)
                c.names.insert((c.to == call::kind::users ? "user " : "group ") +
                               std::to_string(pick(3)));
            else if (auto const* const to = somebody())
                c.names.insert(to->id);
        return {c.names.begin(), c.names.end()};
    }

    void send(hubbub::target<bus_type> to, call& c) {
        switch (pick(6)) {
        case 0:
            if (auto const* const spared = somebody())
                c.except = spared->id;
            to = std::move(to).except({c.except});
            break;
        case 1:
            c.except_group = "group " + std::to_string(pick(3));
            to = std::move(to).except_groups({c.except_group});
            break;
        case 2:
            c.except_user = "user " + std::to_string(pick(3));
            to = std::move(to).except_users({c.except_user});
            break;
        default: break;
        }
        CHECK(!to.send("tell", c.text));
    }

protected:
    options const options_;
    lines record_;
    std::minstd_rand random_;
    asio::io_context io_;
    hubbub::testing::virtual_time time_{io_};
    hubbub::local_broker broker_;
    std::vector<std::unique_ptr<client>> clients_;
    std::vector<std::unique_ptr<server>> servers_;
};

/// Runs the program of a seed twice: it does the same, at the same times.
template <class Program>
void check_replay(unsigned seed) {
    Program first(seed);
    first.run();
    Program second(seed);
    second.run();
    CHECK(!first.record().empty());
    CHECK(first.record() == second.record());
}
