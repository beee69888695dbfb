// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/cancellation.hpp>
#include <hubbub/hub/caller.hpp>
#include <hubbub/hub/calls/answer.hpp>
#include <hubbub/hub/calls/with_token.hpp>
#include <hubbub/hub/core/core.hpp>
#include <hubbub/hub/invocation.hpp>
#include <hubbub/hub/outcome.hpp>

#include <asio/associated_cancellation_slot.hpp>

#include <chrono>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

namespace hubbub {

/// Whom a call is for. Valid while the hub is.
///
/// @code
/// hub.clients().group("lobby").except_users({"bob"}).send("messageReceived", "ada", "hi");
/// @endcode
template <class Bus>
class target {
    using core_type = detail::hub_core<Bus>;
    using names = std::vector<std::string>;

public:
    /// Leaves connections out: the target without them.
    target except(names const& connections) && {
        return std::move(*this).leaving_out(&detail::recipients::except, connections);
    }
    /// Leaves out who is in one of these groups.
    target except_groups(names const& groups) && {
        return std::move(*this).leaving_out(&detail::recipients::except_groups, groups);
    }
    /// Leaves out the connections of these users.
    target except_users(names const& users) && {
        return std::move(*this).leaving_out(&detail::recipients::except_users, users);
    }

    /// Calls method at each client of the target, on whatever server it is; never blocks. What
    /// converts to std::string_view travels as std::string.
    ///
    /// Ordering: calls of one thread to one target arrive in the order made. One to connections of
    ///           this server goes straight to them, and may overtake one to a group; send and
    ///           async_invoke may overtake each other.
    /// Errors:   those of bus::publish. Success says that the call is on its way. With
    ///           delivery_order::local_first, the clients of this server get it in any case.
    template <class... Args>
    std::error_code send(std::string_view method, Args&&... args) const {
        return core_->send(addresses_, method,
                           std::tuple<detail::argument<Args>...>(std::forward<Args>(args)...));
    }

    /// Ends the connections of each client of the target, wherever they are. They are told the
    /// reason, by connect_options::on_closed, and so are the owners of their hubs.
    /// Errors: those of send.
    std::error_code disconnect(std::string reason) const {
        return core_->disconnect(addresses_, std::move(reason));
    }

protected:
    core_type* core_;

private:
    template <class>
    friend class targets;

    target(core_type& core, std::vector<detail::address> addresses)
        : core_(&core), addresses_(std::move(addresses)) {}

    target leaving_out(std::optional<detail::frame_names> detail::recipients::* kind,
                       names const& who) && {
        for (auto& a : addresses_) {
            auto& list = (a.to ? *a.to : a.to.emplace()).*kind;
            if (!list)
                list.emplace();
            list->insert(list->end(), who.begin(), who.end());
        }
        return std::move(*this);
    }

    std::vector<detail::address> addresses_;
};

/// One client, which can be asked.
template <class Bus>
class client_target : public target<Bus> {
    using core_type = detail::hub_core<Bus>;
    using serializer = typename Bus::serializer_type;
    using answer = detail::answer<serializer>;

public:
    /// The same with another time limit than hub_options::request_timeout.
    client_target within(std::chrono::milliseconds limit) && {
        limit_ = limit;
        return std::move(*this);
    }

    /// Calls method at the client, on whatever server it is, and completes with `void(outcome<R>)`,
    /// its answer. The token comes last.
    ///
    /// Errors:       unknown_connection; unknown_server, if it is known to be gone; connection_ended;
    ///               server_lost (hub_options::missed_beacons); timed_out; wrong_result; and from
    ///               the client unknown_method, wrong_arguments or method_failed, with a text;
    ///               cannot_encode; closed; what its transport refuses.
    /// Ordering:     none with send, which takes another topic, nor with other questions: one that
    ///               finds its server's link just coming back is asked again later. Where the order
    ///               matters, wait for the answer first.
    /// Cancellation: by the token's slot, with asio::error::operation_aborted; a late answer does
    ///               nothing.
    template <class R = void, class... ArgsAndToken>
    auto async_invoke(std::string_view method, ArgsAndToken&&... all) const {
        return detail::with_token(
            [&]<class Tuple, class Token>(Tuple arguments, Token&& token) {
                detail::packed<serializer> body;
                auto const& format = this->core_->format();
                auto const error = detail::pack(format, std::move(arguments), body);
                return asio::async_initiate<Token, void(outcome<R>)>(
                    [core = this->core_->shared_from_this(), error, id = id_,
                     limit = limit_](auto handler, auto const& call) {
                        auto executor = detail::executor_of(handler, core->executor());
                        auto on_cancel =
                            detail::cancel_by(asio::get_associated_cancellation_slot(handler));
                        completion<answer> done(
                            std::move(executor),
                            [wrapped = detail::cancellable_handler(std::move(handler)),
                             core](answer const& given) mutable {
                                wrapped(detail::outcome_of<R>(core->format(), given));
                            });
                        if (error || !core->open())
                            return done({.error = error ? error : errc::closed});
                        // Before it starts: once it has, the handler may be gone, and its slot.
                        auto const number = std::make_shared<std::uint64_t>();
                        on_cancel([weak = std::weak_ptr(core), number] {
                            if (auto const present = weak.lock())
                                present->asked().cancel(*number);
                        });
                        *number = core->asked().ask_client(id, call, limit, std::move(done));
                    },
                    token, invocation<serializer>(std::string(method), std::move(body), format));
            },
            std::forward<ArgsAndToken>(all)...);
    }

private:
    template <class>
    friend class targets;

    client_target(target<Bus> base, core_type& core, std::string id)
        : target<Bus>(std::move(base)), id_(std::move(id)), limit_(core.options().request_timeout) {
    }

    std::string id_;
    std::chrono::milliseconds limit_;
};

/// Names the clients of a hub, as in SignalR. A client that is in several of the groups of one
/// target is called once.
///
/// Thread safety: all functions, from any thread.
template <class Bus>
class targets {
    using core_type = detail::hub_core<Bus>;
    using names = std::vector<std::string>;

public:
    explicit targets(core_type& core) : core_(&core) {}

    target<Bus> all() const { return to(topics().all()); }
    target<Bus> all_except(names const& connections) const { return all().except(connections); }
    target<Bus> others(caller const& who) const { return all_except({who.connection_id()}); }

    client_target<Bus> caller_of(caller const& who) const { return client(who.connection_id()); }
    client_target<Bus> client(std::string_view connection) const {
        return {clients({std::string(connection)}), *core_, std::string(connection)};
    }
    target<Bus> clients(names const& connections) const {
        std::map<std::string_view, detail::frame_names> by_server;
        for (auto const& id : connections)
            by_server[detail::server_of(id)].push_back(id);
        std::vector<detail::address> addresses;
        for (auto& [server, ids] : by_server)
            addresses.push_back(
                {topics().server(server), detail::recipients{.connections = std::move(ids)}});
        return {*core_, std::move(addresses)};
    }

    target<Bus> group(std::string_view name) const { return to(topics().group(name)); }
    /// Goes to all servers as one call.
    target<Bus> groups(names all) const {
        return to_several(&detail::recipients::groups, std::move(all));
    }
    target<Bus> group_except(std::string_view name, names const& connections) const {
        return group(name).except(connections);
    }
    target<Bus> others_in_group(std::string_view name, caller const& who) const {
        return group_except(name, {who.connection_id()});
    }
    target<Bus> others_in_groups(names all, caller const& who) const {
        return groups(std::move(all)).except({who.connection_id()});
    }

    target<Bus> user(std::string_view id) const { return to(topics().user(id)); }
    /// Goes to all servers as one call.
    target<Bus> users(names ids) const {
        return to_several(&detail::recipients::users, std::move(ids));
    }
    target<Bus> user_except(std::string_view id, names const& connections) const {
        return user(id).except(connections);
    }

private:
    detail::hub_topics const& topics() const noexcept { return core_->topics; }

    target<Bus> to(std::string topic) const { return {*core_, {{std::move(topic), {}}}}; }

    target<Bus> to_several(std::optional<detail::frame_names> detail::recipients::* kind,
                           names list) const {
        if (list.empty())
            return {*core_, {}};
        detail::recipients some;
        (some.*kind).emplace(std::move_iterator(list.begin()), std::move_iterator(list.end()));
        return {*core_, {{topics().all(), std::move(some)}}};
    }

    core_type* core_;
};

} // namespace hubbub
