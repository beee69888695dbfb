// SPDX-License-Identifier: MIT
#pragma once

#include "support/hub_frames.hpp"
#include "support/hub_server.hpp"
#include "support/random_model.hpp"

#include <hubbub/sequenced/frame.hpp>
#include <hubbub/testing/faulty.hpp>
#include <hubbub/testing/virtual_time.hpp>
#include <hubbub/transport/sequenced.hpp>

#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

/// Servers of one hub, each behind a link that makes faults, and clients of three users and in three
/// groups: what programs are made of that a seed chooses. All of it in time that it owns.
class random_hub {
public:
    /// What happened, line by line, and when.
    lines const& record() const noexcept { return record_; }

protected:
    using bus_type = hub_bus;
    using call = random_model::call;
    using place = random_model::place;

    /// What a program's servers have in common.
    struct options {
        hubbub::hub_options hub = {};
        hubbub::sequence_options numbers = {};
        /// More than anything takes to come through the links.
        std::chrono::milliseconds settle_time;
    };

    /// Every other program: the order of delivery is a policy.
    static hubbub::delivery_order order_by(unsigned seed) {
        return seed % 2 == 0 ? hubbub::delivery_order::local_first
                             : hubbub::delivery_order::via_backplane;
    }

    /// Makes faults below the numbers that it remembers.
    class link_type : public hubbub::testing::faulty<hubbub::local_transport> {
    public:
        using faulty::faulty;

        std::error_code publish(hubbub::message_view const& m,
                                hubbub::publish_completion done = {}) {
            auto const error = faulty::publish(m, std::move(done));
            auto const frame = hubbub::detail::sequence_frame::parse(m.payload);
            if (!error && frame && !frame->is_beacon)
                published->push_back(
                    {std::string(m.topic), std::string(frame->stream), frame->number});
            return error;
        }

        std::shared_ptr<std::vector<place>> published = std::make_shared<std::vector<place>>();
    };

    /// What a server is behind.
    struct faulty_wire {
        faulty_wire(asio::io_context& io, hubbub::local_broker const& broker,
                    hubbub::testing::faults const& f)
            : wire(io.get_executor(), broker), link(wire, f) {}

        hubbub::local_transport wire;
        link_type link;
    };

    struct server : faulty_wire, hub_server<> {
        server(asio::io_context& io, hubbub::local_broker const& broker, options const& o,
               hubbub::testing::faults const& f)
            : faulty_wire(io, broker, f),
              hub_server(hubbub::any_transport(hubbub::sequenced(link, o.numbers)), o.hub) {}

        bool cut = false;
        std::set<place> gaps; // that it was told
    };

    /// A client and what a program says of it.
    struct client : random_model::client {
        hubbub::client_methods<bus_type> methods;
        hubbub::connection<bus_type> connection;
        /// What it should have been told.
        std::vector<std::size_t> expected;
        /// How often it was to be asked, and was.
        std::size_t questions = 0;
        std::size_t asked = 0;
    };

    random_hub(unsigned seed, options const& o) : options_(o), random_(seed) {}

    void add_server(hubbub::testing::faults const& f = {}) {
        auto const i = servers_.size();
        auto& s = *servers_.emplace_back(std::make_unique<server>(io_, broker_, options_, f));
        server_ids_.push_back(s.hub->server_id());
        s.bus.set_observer([this, &s, i](hubbub::event const& e) {
            if (auto const* const g = std::get_if<hubbub::gap>(&e))
                add_gap(s, i, *g);
        });
        settle(); // one by one, they have the least to tell each other
    }

    std::size_t pick(std::size_t bound) { return random_() % bound; }

    bool is_whole(std::size_t at) const { return servers_[at] && !servers_[at]->cut; }

    /// A client that is here, if there is any.
    client* somebody() {
        std::vector<client*> present;
        for (auto const& c : clients_)
            if (c->here)
                present.push_back(c.get());
        return present.empty() ? nullptr : present[pick(present.size())];
    }

    static std::string group_name(std::size_t i) { return "group " + std::to_string(i); }

    /// Lets come what is under way.
    void settle() { time_.run_for(options_.settle_time); }

    /// Settles; and if a server was killed, what it is asked may end only when it is lost.
    template <class Answer>
    void await(std::optional<Answer> const& given, bool killed) {
        settle();
        if (killed && !given)
            time_.run_until([&] { return given.has_value(); }, "the dead server to be lost",
                            options_.hub.beacon_interval * (options_.hub.missed_beacons + 1));
        REQUIRE(given);
    }

    void note(std::string const& what) {
        auto const now =
            std::chrono::duration_cast<std::chrono::microseconds>(time_.now().time_since_epoch());
        record_.push_back(std::to_string(now.count()) + " us: " + what);
    }

    /// A client that begins to connect.
    client& enter(std::size_t at) {
        auto& c = *clients_.emplace_back(std::make_unique<client>());
        c.number = clients_.size();
        c.server = at;
        c.user = "user " + std::to_string(pick(3));
        c.coming = true;
        c.methods.on("tell", [this, &c](std::size_t number) {
            note("client " + std::to_string(c.number) + " is told " + std::to_string(number));
            c.told.push_back(number);
        });
        c.methods.on("who", [&c] { return ++c.asked, c.number; });
        servers_[at]->hub->async_connect(c.user, c.methods,
                                         [this, &c](std::error_code error, auto made) {
                                             c.connection = std::move(made);
                                             c.coming = false;
                                             c.here = !error && servers_[c.server];
                                             if (c.here)
                                                 c.id = c.connection.id();
                                             note("connected " + c.id);
                                         });
        return c;
    }

    void connect(std::size_t at) {
        auto const& c = enter(at);
        settle();
        REQUIRE(c.here);
    }

    void disconnect(client& c) {
        c.here = false;
        c.connection.disconnect();
        note("disconnected " + c.id);
    }

    /// Cuts a server off until its link heals.
    void cut(std::size_t at) {
        servers_[at]->cut = true;
        servers_[at]->link.cut();
        note("cut " + server_ids_[at]);
    }

    /// False if it was whole.
    bool heal_link(std::size_t at) {
        if (!servers_[at] || !std::exchange(servers_[at]->cut, false))
            return false;
        servers_[at]->link.heal();
        note("healed " + server_ids_[at]);
        return true;
    }

    /// Ends a server without a word, and those that are on it.
    void kill_server(std::size_t at) {
        servers_[at]->wire.close();
        for (auto const& c : clients_)
            if (c->server == at)
                c->here = c->coming = false;
        servers_[at].reset();
        note("killed " + server_ids_[at]);
    }

    /// How many clients are here.
    std::uint64_t present() const {
        return static_cast<std::uint64_t>(
            std::count_if(clients_.begin(), clients_.end(), [](auto const& c) { return c->here; }));
    }

    /// Begins to put it into a group or to take it out, by any server.
    template <class Done>
    void change_group(client const& c, std::string const& group, bool in, std::size_t by,
                      Done done) {
        note((in ? "adding " : "removing ") + c.id + " " + group);
        if (in)
            servers_[by]->hub->async_add_to_group(c.id, group, std::move(done));
        else
            servers_[by]->hub->async_remove_from_group(c.id, group, std::move(done));
    }

    void change_group(client& c, std::size_t by) {
        auto const group = group_name(pick(3));
        bool const in = pick(3) != 0;
        std::optional<std::error_code> done;
        change_group(c, group, in, by, [&](std::error_code error) { done = error; });
        settle();
        REQUIRE(done == std::error_code{});
        if (in)
            c.groups.insert(group);
        else
            c.groups.erase(group);
    }

    /// Makes a call by a server; null if it would be for clients and nobody is here.
    call const* send(std::size_t by) {
        call c{.number = calls_.size(), .by = by, .to = static_cast<call::kind>(pick(4))};
        if (choose_names(c) == 0)
            return nullptr;
        auto& published = *servers_[by]->link.published;
        published.clear();
        auto const error = choose_target(c).send("tell", c.number);
        c.places = std::exchange(published, {});
        auto const refused = c.places.size() < topics_out(c);
        CHECK(error == (refused ? hubbub::errc::queue_full : std::error_code{}));
        note((refused ? "refused " : "sent ") + std::to_string(c.number));
        return &calls_.emplace_back(std::move(c));
    }

    /// Whether it has no need of the backplane.
    bool is_direct(call const& sent, client const& c) const {
        return c.server == sent.by && (sent.to == call::kind::clients ||
                                       options_.hub.order == hubbub::delivery_order::local_first);
    }

    /// The topic that a server gets it by.
    std::string topic_at(call const& sent, std::size_t at) const {
        auto const& first = *sent.names.begin();
        bool const one = sent.names.size() == 1;
        switch (sent.to) {
        case call::kind::groups: return one ? topics_.group(first) : topics_.all();
        case call::kind::users: return one ? topics_.user(first) : topics_.all();
        case call::kind::clients: return topics_.server(server_ids_[at]);
        case call::kind::all: break;
        }
        return topics_.all();
    }

    /// Where it goes out to a server; null if it does not, or was refused there.
    place const* place_of(call const& sent, std::size_t at) const {
        auto const topic = topic_at(sent, at);
        auto const found = std::find_if(sent.places.begin(), sent.places.end(),
                                        [&](auto const& p) { return p.topic == topic; });
        return found == sent.places.end() ? nullptr : &*found;
    }

    /// Whether a server was told that it did not get it.
    bool is_in_gap(call const& sent, std::size_t at) const {
        auto const* const p = place_of(sent, at);
        return p != nullptr && servers_[at] && servers_[at]->gaps.contains(*p);
    }

    /// The topics that are for a client of one server.
    std::set<std::string> topics_of(client const& c) const {
        std::set<std::string> all{topics_.all(), topics_.user(c.user)};
        for (auto const& group : c.groups)
            all.insert(topics_.group(group));
        return all;
    }

    /// Whatever the program: each was told what one server sent on one topic in the order sent, and
    /// nothing that its server was told is lost.
    void check_each() const {
        for (auto const& c : clients_) {
            std::map<std::pair<std::size_t, std::string>, std::size_t> last;
            for (auto const number : c->told) {
                auto const& sent = calls_[number];
                auto const [before, first] =
                    last.try_emplace({sent.by, topic_at(sent, c->server)}, number);
                CHECK((first || before->second < number));
                before->second = number;
                CHECK((is_direct(sent, *c) || !is_in_gap(sent, c->server)));
            }
        }
    }

private:
    void add_gap(server& s, std::size_t at, hubbub::gap const& g) {
        std::string const topic(g.topic);
        for (auto n = g.first; n <= g.last; ++n)
            s.gaps.insert({topic, std::string(g.stream), n});
        note("server " + std::to_string(at) + " lost " + std::to_string(g.first) + " to " +
             std::to_string(g.last) + " on " + topic);
    }

    /// One to three of the kind that the call is to; how many there are.
    std::size_t choose_names(call& c) {
        for (std::size_t i = 0, count = 1 + pick(3); i < count; ++i)
            if (c.to == call::kind::groups)
                c.names.insert(group_name(pick(3)));
            else if (c.to != call::kind::clients)
                c.names.insert("user " + std::to_string(pick(3)));
            else if (auto const* const to = somebody())
                c.names.insert(to->id);
        return c.names.size();
    }

    /// Those of the names, but for some.
    hubbub::target<bus_type> choose_target(call& c) {
        auto to = target_of(c);
        switch (pick(6)) {
        case 0:
            if (auto const* const spared = somebody())
                c.except = spared->id;
            return std::move(to).except({c.except});
        case 1:
            c.except_group = group_name(pick(3));
            return std::move(to).except_groups({c.except_group});
        case 2:
            c.except_user = "user " + std::to_string(pick(3));
            return std::move(to).except_users({c.except_user});
        default: return to;
        }
    }

    hubbub::target<bus_type> target_of(call const& c) const {
        auto const all = servers_[c.by]->hub->clients();
        lines const names(c.names.begin(), c.names.end());
        bool const one = names.size() == 1;
        switch (c.to) {
        case call::kind::groups: return one ? all.group(names[0]) : all.groups(names);
        case call::kind::users: return one ? all.user(names[0]) : all.users(names);
        case call::kind::clients: return one ? all.client(names[0]) : all.clients(names);
        case call::kind::all: break;
        }
        return all.all();
    }

    /// How many topics it goes out on.
    std::size_t topics_out(call const& c) const {
        if (c.to != call::kind::clients)
            return 1;
        std::set<std::string_view> others;
        for (auto const& id : c.names)
            others.insert(hubbub::detail::server_of(id));
        others.erase(server_ids_[c.by]);
        return others.size();
    }

protected:
    options const options_;
    hubbub::detail::hub_topics const topics_{options_.hub.name};
    lines record_;
    std::minstd_rand random_;
    asio::io_context io_;
    hubbub::testing::virtual_time time_{io_};
    hubbub::local_broker broker_;
    std::deque<call> calls_;
    std::vector<std::unique_ptr<client>> clients_;
    std::vector<std::unique_ptr<server>> servers_;
    std::vector<std::string> server_ids_; // also of those that are gone
};
