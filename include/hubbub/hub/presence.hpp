// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/completion.hpp>
#include <hubbub/hub/collected.hpp>
#include <hubbub/hub/core/core.hpp>
#include <hubbub/hub/presence/presence_methods.hpp>
#include <hubbub/hub/presence_change.hpp>
#include <hubbub/hub/servers.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace hubbub {

/// Who is there, over all servers of a hub. Each question is asked of every server that is alive,
/// and completes with `void(census<T>)` as soon as all have answered; at the deadline with what
/// there is, and the servers that are missing. So nobody is counted whose server is dead. What is
/// asked before this server has met the others waits for that, as with servers.
///
/// Complexity: a message to and from each server, whose answer grows with the list.
template <class Bus>
class presence {
    using core_type = detail::hub_core<Bus>;
    using names = std::vector<std::string>;

public:
    explicit presence(std::shared_ptr<core_type> core)
        : core_(std::move(core)), limit_(core_->options().request_timeout) {}

    /// The same with another time limit than hub_options::request_timeout.
    presence within(std::chrono::milliseconds limit) && {
        limit_ = limit;
        return std::move(*this);
    }

    /// How many connections there are.
    template <class Token>
    auto async_count(Token&& token) const {
        return ask<std::uint64_t, std::uint64_t>("count", {}, std::forward<Token>(token),
                                                 [](auto& sum, auto part) { sum += part; });
    }

    /// The ids of all connections, in order.
    template <class Token>
    auto async_connections(Token&& token) const {
        return list("connections", {}, std::forward<Token>(token));
    }

    /// All users that have a connection, in order.
    template <class Token>
    auto async_users(Token&& token) const {
        return list("users", {}, std::forward<Token>(token));
    }

    /// All groups that have a member, in order.
    template <class Token>
    auto async_groups(Token&& token) const {
        return list("groups", {}, std::forward<Token>(token));
    }

    /// The ids of the connections in a group.
    template <class Token>
    auto async_members(std::string_view group, Token&& token) const {
        return list("members", group, std::forward<Token>(token));
    }

    /// The ids of the connections of a user.
    template <class Token>
    auto async_connections_of(std::string_view user, Token&& token) const {
        return list("connections of", user, std::forward<Token>(token));
    }

    /// Whether a user has a connection.
    template <class Token>
    auto async_is_online(std::string_view user, Token&& token) const {
        return ask<bool, detail::frame_names>(
            "connections of", user, std::forward<Token>(token),
            [](bool& any, detail::frame_names const& some) { any = any || !some.empty(); });
    }

    /// Calls `told(presence_change const&)` for each connection, user and member of a group that is
    /// there, as joining, and from then on for all that come and go, on whatever server; in place of
    /// the observer before. Null ends it. Changes are told one at a time, on the bus's executor.
    ///
    /// While any server of the hub watches, each change is a message to those that do; else it costs
    /// nothing. Those of a server that dies leave within hub_options::missed_beacons and one of
    /// beacon_intervals. What is lost on the way is noticed by the next beacon, and then told; what
    /// was undone before is not told at all. While the backplane is away nothing is told. If the
    /// backplane refuses what they are told by, that is an event watch_failed of the hub.
    void on_change(presence_observer told) const { core_->watch_presence(std::move(told)); }

private:
    template <class Token>
    auto list(char const* what, std::string_view of, Token&& token) const {
        return ask<names, detail::frame_names>(
            what, of, std::forward<Token>(token), [](names& all, detail::frame_names const& part) {
                names both;
                std::set_union(all.begin(), all.end(), part.begin(), part.end(),
                               std::back_inserter(both));
                all = std::move(both);
            });
    }

    /// Asks every server for a Part, and adds them up to a Whole.
    template <class Whole, class Part, class Token, class Add>
    auto ask(char const* what, std::string_view of, Token&& token, Add add) const {
        return asio::async_initiate<Token, void(census<Whole>)>(
            [core = core_, limit = limit_, add, what](auto handler, std::string name) {
                auto executor = detail::executor_of(handler, core->executor());
                completion<collected<Part>> done(
                    std::move(executor),
                    [handler = std::move(handler), add](collected<Part> const& parts) mutable {
                        census<Whole> all{{}, parts.missing()};
                        for (auto const& [server, part] : parts.answers)
                            if (part)
                                add(all.value, *part);
                        std::move(handler)(std::move(all));
                    });
                detail::collect<Part>(core,
                                      detail::presence_call(core->format(), what, std::move(name)),
                                      limit, std::move(done));
            },
            token, std::string(of));
    }

    std::shared_ptr<core_type> core_;
    std::chrono::milliseconds limit_;
};

} // namespace hubbub
