// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/hub/calls/questions.hpp>
#include <hubbub/hub/collected.hpp>
#include <hubbub/hub/core/core.hpp>
#include <hubbub/hub/frames/frame.hpp>
#include <hubbub/hub/presence_change.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hubbub {

namespace detail {

using presence_parts = std::vector<presence_answer const*>;

/// The answers there are; the servers without one become missing.
presence_parts parts_of(server_answers const& given, name_list& missing);

// How they make up one.
std::uint64_t sum_of(presence_parts const& parts);
name_list union_of(presence_parts const& parts);
bool any_of(presence_parts const& parts);

} // namespace detail

/// Tells which connections, users and groups are there, over all servers of a hub. Each question is
/// asked of every server that is alive, and completes with `void(std::error_code,
/// server_results<T>)` as soon as all have answered; at the deadline with the answers there are,
/// and the servers that are missing. A connection whose server is dead is not counted. A question
/// that is asked before this server has met the others waits for that, as with servers, within its
/// time limit.
///
/// Errors:       closed, beside the answers that came.
/// Cancellation: of each question, terminal, partial and total, with asio::error::operation_aborted.
/// Complexity: a message to and from each server, whose answer grows with the list.
template <class Bus>
class presence {
    using names = std::vector<std::string>;

public:
    explicit presence(std::shared_ptr<detail::hub_core> core)
        : core_(std::move(core)), limit_(core_->options().request_timeout) {}

    /// Returns a copy with another time limit than hub_options::request_timeout.
    presence within(std::chrono::milliseconds limit) const {
        auto limited = *this;
        limited.limit_ = limit;
        return limited;
    }

    /// Counts the connections.
    template <class Token = detail::no_token>
    auto async_count(Token&& token = {}) const {
        return ask<std::uint64_t>(detail::presence_question::count, {}, detail::sum_of,
                                  std::forward<Token>(token));
    }

    /// Lists the ids of all connections, in order.
    template <class Token = detail::no_token>
    auto async_connections(Token&& token = {}) const {
        return list(detail::presence_question::connections, {}, std::forward<Token>(token));
    }

    /// Lists all users that have a connection, in order.
    template <class Token = detail::no_token>
    auto async_users(Token&& token = {}) const {
        return list(detail::presence_question::users, {}, std::forward<Token>(token));
    }

    /// Lists the names of all groups that have a member on any server, sorted.
    template <class Token = detail::no_token>
    auto async_groups(Token&& token = {}) const {
        return list(detail::presence_question::groups, {}, std::forward<Token>(token));
    }

    /// Lists the ids of the connections in a group.
    template <class Token = detail::no_token>
    auto async_members(std::string_view group, Token&& token = {}) const {
        return list(detail::presence_question::members, group, std::forward<Token>(token));
    }

    /// Lists the ids of the connections of a user.
    template <class Token = detail::no_token>
    auto async_connections_of(std::string_view user, Token&& token = {}) const {
        return list(detail::presence_question::connections_of, user, std::forward<Token>(token));
    }

    /// Tells whether a user has a connection.
    template <class Token = detail::no_token>
    auto async_is_online(std::string_view user, Token&& token = {}) const {
        return ask<bool>(detail::presence_question::connections_of, user, detail::any_of,
                         std::forward<Token>(token));
    }

    /// Calls `told(presence_change const&)` for each connection, user and member of a group that is
    /// there, as joining, and from then on for all that come and go, on whatever server; in place
    /// of the observer set before. Null ends it. Changes are told one at a time, on the bus's
    /// executor.
    ///
    /// While any server of the hub watches, each change is a message to those that do; else it
    /// costs nothing. Those of a server that dies leave within hub_options::missed_beacons and one
    /// of beacon_intervals. A change that is lost on the way is noticed by the next beacon, and
    /// then told; one that was undone before is not told at all. While the backplane is away
    /// nothing is told. If the backplane refuses the topic of the changes, that is an event
    /// watch_failed of the hub.
    void set_observer(presence_observer told) const { core_->on_presence(std::move(told)); }
    /// Does not compile.
    template <class F>
        requires(!std::convertible_to<F, presence_observer>)
    void set_observer(F&& /*function*/) const {
        static_assert(detail::never<F>,
                      "hubbub: presence::set_observer takes a function of presence_change const&");
    }

private:
    template <class Token>
    auto list(detail::presence_question what, std::string_view of, Token&& token) const {
        return ask<names>(what, of, detail::union_of, std::forward<Token>(token));
    }

    /// Asks every server, and makes one of their answers.
    template <class Whole, class Token>
    auto ask(detail::presence_question what, std::string_view of,
             Whole (*whole_of)(detail::presence_parts const&), Token&& token) const {
        using signature = void(std::error_code, server_results<Whole>);
        if constexpr (detail::check_token<Token, signature>())
            return asio::async_initiate<Token, signature>(
                [core = core_, limit = limit_, whole_of, what](auto handler,
                                                               std::string const& name) {
                    core->collect(
                        detail::to_ask(what, name), limit,
                        detail::results_to(std::move(handler), core->executor(),
                                           [whole_of](detail::server_answers const& given) {
                                               server_results<Whole> all;
                                               all.value =
                                                   whole_of(detail::parts_of(given, all.missing));
                                               return all;
                                           }));
                },
                token, std::string(of));
    }

    std::shared_ptr<detail::hub_core> core_;
    std::chrono::milliseconds limit_;
};

} // namespace hubbub

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/impl/presence.ipp>
#endif
