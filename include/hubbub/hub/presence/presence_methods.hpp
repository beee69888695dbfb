// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/calls/method_table.hpp>
#include <hubbub/hub/cluster/frame.hpp>
#include <hubbub/hub/invocation.hpp>
#include <hubbub/hub/members/member.hpp>
#include <hubbub/hub/members/roster.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

namespace hubbub::detail {

/// The name of a server method that every server has.
inline std::string presence_method(char const* what) {
    return std::string("hubbub: ") + what;
}

/// A call of one.
template <class Serializer>
invocation<Serializer> presence_call(Serializer const& serializer, char const* what,
                                     std::string of) {
    packed<Serializer> body;
    if (pack(serializer, std::tuple(frame_name(std::move(of))), body))
        body = {}; // no name of ours: the servers then say that it is no argument
    return {presence_method(what), std::move(body), serializer};
}

/// Has a server answer what hub::presence asks. Lists are in order. What is passed outlives the
/// methods.
template <class Bus>
void answer_presence(method_table<typename Bus::serializer_type>& methods, roster<Bus> const& here,
                     hub_topics const& topics) {
    auto const on = [&methods](char const* what, auto list) {
        methods.on(presence_method(what), [list](frame_name const& name) {
            frame_names all = list(name);
            std::sort(all.begin(), all.end());
            return all;
        });
    };
    auto const ids = [](member_list<Bus> const& members) {
        frame_names all;
        for (auto const& c : members)
            if (c->admitted)
                all.push_back(c->id);
        return all;
    };
    methods.on(presence_method("count"),
               [&here](frame_name const&) { return std::uint64_t{here.present()}; });
    methods.on(presence_method("groups of"),
               [&here](frame_name const& connection) { return here.groups_of(connection); });
    methods.on(presence_method("roll"), [&here](frame_name const&) { return here.call_roll(); });
    on("connections", [&here, ids](auto const&) { return ids(here.members()); });
    on("users", [&here, &topics](auto const&) { return here.names_of(topics.user({})); });
    on("groups", [&here, &topics](auto const&) { return here.names_of(topics.group({})); });
    on("members", [&here, &topics, ids](auto const& group) {
        return ids(*here.members_of(topics.group(group)));
    });
    on("connections of", [&here, &topics, ids](auto const& user) {
        return ids(*here.members_of(topics.user(user)));
    });
}

} // namespace hubbub::detail
