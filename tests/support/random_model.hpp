// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <tuple>
#include <vector>

/// What there is to know of the clients and calls of a random program, whatever carries them.
namespace random_model {

/// Whether something is so: for sure, or perhaps, since what changes it is under way.
struct chance {
    bool surely = false;
    bool maybe = false;
};

/// A client: where it is, and what it was told.
struct client {
    chance is_here() const { return {here, here || coming}; }

    chance is_in(std::string const& group) const {
        bool const in = groups.contains(group);
        bool const changes = unsure.contains(group);
        return {in && !changes, in || changes};
    }

    std::size_t number = 0;
    std::size_t server = 0;
    std::string user;
    std::string id;
    bool here = false;
    bool coming = false;
    std::set<std::string> groups;
    /// Groups that it is being put into or taken out of.
    std::set<std::string> unsure;
    /// The numbers of the calls that it got, in their order.
    std::vector<std::size_t> told;
};

/// The number that `sequenced` gave to what was published, by which a gap tells of it.
struct place {
    std::string topic;
    std::string stream;
    std::uint64_t number = 0;

    friend bool operator<(place const& a, place const& b) {
        return std::tie(a.topic, a.stream, a.number) < std::tie(b.topic, b.stream, b.number);
    }
};

/// A call: to all, or to those of these groups, users or connections, but for a connection, a
/// group or a user.
struct call {
    enum class kind { all, groups, users, clients };

    chance is_for(client const& c) const {
        auto const here = c.is_here();
        auto const meant = names_of(c);
        auto const spared = spares(c);
        return {here.surely && meant.surely && !spared.maybe,
                here.maybe && meant.maybe && !spared.surely};
    }

    std::size_t number = 0; // of all calls, in the order made
    std::size_t by = 0;     // the server
    kind to = kind::all;
    std::set<std::string> names = {};
    std::string except = {};
    std::string except_group = {};
    std::string except_user = {};
    /// Of each topic on which its server accepted it: on the others it was refused.
    std::vector<place> places = {};

private:
    static chance certain(bool is) { return {is, is}; }

    chance names_of(client const& c) const {
        chance any;
        switch (to) {
        case kind::all: return certain(true);
        case kind::users: return certain(names.contains(c.user));
        case kind::clients: return certain(names.contains(c.id));
        case kind::groups:
            for (auto const& group : names) {
                auto const in = c.is_in(group);
                any = {any.surely || in.surely, any.maybe || in.maybe};
            }
        }
        return any;
    }

    chance spares(client const& c) const {
        if (c.user == except_user || (!c.id.empty() && c.id == except))
            return certain(true);
        return c.is_in(except_group);
    }
};

} // namespace random_model
