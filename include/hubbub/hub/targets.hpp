// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/hub/caller.hpp>
#include <hubbub/hub/core/core.hpp>
#include <hubbub/hub/frames/address.hpp>
#include <hubbub/hub/frames/answer.hpp>
#include <hubbub/hub/frames/packed.hpp>
#include <hubbub/hub/outcome.hpp>
#include <hubbub/hub/typed/with_token.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

namespace hubbub {

namespace detail {

using address_list = std::vector<address>;

/// Addresses of calls: the connections on each of their servers; all who are in some groups, or are
/// some users, as one call; and those but for some.
address_list addresses_of(hub_topics const& topics, name_list const& connections);
address_list to_several(hub_topics const& topics, std::optional<frame_names> recipients::* kind,
                        name_list const& names);
void leave_out(address_list& all, std::optional<frame_names> recipients::* kind,
               name_list const& names);

/// Cancels a question to a client. The number is known when the question is asked.
struct stop_asking {
    std::weak_ptr<hub_core> core;
    std::shared_ptr<std::uint64_t> number;

    void operator()() const {
        if (auto const present = core.lock())
            present->cancel(*number);
    }
};

} // namespace detail

/// The clients that a call is for. Valid while the hub is.
///
/// @code
/// hub.clients().group("lobby").except_users({"bob"}).send("messageReceived", "ada", "hi");
/// @endcode
template <class Bus>
class target {
    using serializer = typename Bus::serializer_type;
    using names = std::vector<std::string>;

public:
    /// Returns a copy that leaves connections out, or one.
    target except(names const& connections) const {
        return leaving_out(&detail::recipients::except, connections);
    }
    target except(caller const& who) const { return except(names{who.connection_id()}); }
    template <detail::is_name Name>
    target except(Name const& connection) const {
        return except(names{std::string(connection)});
    }
    /// Returns a copy that leaves out the members of these groups, or of one.
    target except_groups(names const& groups) const {
        return leaving_out(&detail::recipients::except_groups, groups);
    }
    template <detail::is_name Name>
    target except_groups(Name const& group) const {
        return except_groups(names{std::string(group)});
    }
    /// Returns a copy that leaves out the connections of these users, or of one.
    target except_users(names const& users) const {
        return leaving_out(&detail::recipients::except_users, users);
    }
    template <detail::is_name Name>
    target except_users(Name const& user) const {
        return except_users(names{std::string(user)});
    }

    /// Calls method at each client of the target, on whatever server it is; never blocks. An
    /// argument that converts to std::string_view travels as std::string.
    ///
    /// Ordering: calls of one thread to one target arrive in the order made. One to connections of
    ///           this server goes straight to them, and may overtake one to a group; send and
    ///           async_invoke may overtake each other.
    /// Errors:   those of bus::publish. Success says that the call is on its way. With
    ///           delivery_order::local_first, the clients of this server get it in any case.
    template <class... Args>
    std::error_code send(std::string_view method, Args&&... args) const {
        detail::packed packed;
        if (auto const error = detail::pack(
                serializer_, std::tuple<detail::argument<Args>...>(std::forward<Args>(args)...),
                packed))
            return error;
        return core_->send(addresses_, method, std::move(packed));
    }

    /// Does not compile.
    template <class R = void, class... Args>
    auto async_invoke(std::string_view /*method*/, Args&&... /*args*/) const {
        static_assert(detail::never<R>,
                      "hubbub: one client is asked for an answer, and not several: "
                      "clients().client(id).async_invoke");
    }

    /// Ends the connections of each client of the target, wherever they are. They are told the
    /// reason, by connect_options::on_closed, and so are the owners of their hubs.
    /// Errors: those of send.
    std::error_code disconnect(std::string reason) const {
        return core_->end(addresses_, std::move(reason));
    }

protected:
    detail::hub_core* core_;
    [[no_unique_address]] serializer serializer_;

private:
    template <class>
    friend class targets;

    target(detail::hub_core& core, serializer const& format, detail::address_list all)
        : core_(&core), serializer_(format), addresses_(std::move(all)) {}

    target leaving_out(std::optional<detail::frame_names> detail::recipients::* kind,
                       names const& who) const {
        auto without = *this;
        detail::leave_out(without.addresses_, kind, who);
        return without;
    }

    detail::address_list addresses_;
};

/// One client, which can be called and also asked for an answer.
template <class Bus>
class client_target : public target<Bus> {
    using serializer = typename Bus::serializer_type;

public:
    /// Returns a copy with another time limit than hub_options::request_timeout.
    client_target within(std::chrono::milliseconds limit) const {
        auto limited = *this;
        limited.limit_ = limit;
        return limited;
    }

    /// Calls method at the client, on whatever server it is, and completes with its answer:
    /// `void(std::error_code, R)`, or `void(std::error_code)` where R is void. With outcome<R> in
    /// place of R it completes with `void(outcome<R>)`, which has the text of a failure too. The
    /// token comes last.
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
        using signature = typename detail::reply<R>::signature;
        return detail::with_token<signature>(
            [&]<class Tuple, class Token>(Tuple arguments, Token&& token) {
                detail::packed body;
                auto const error = detail::pack(this->serializer_, std::move(arguments), body);
                return asio::async_initiate<Token, signature>(
                    [core = this->core_->shared_from_this(), format = this->serializer_, error,
                     id = id_, limit = limit_](auto handler, auto const& call) {
                        auto const number = std::make_shared<std::uint64_t>();
                        auto done = detail::reply_to<R>(std::move(handler), core->executor(),
                                                        format, detail::stop_asking{core, number});
                        if (error || !core->is_open())
                            done({.error = error ? error : errc::closed});
                        else
                            *number = core->ask_client(id, call, limit, std::move(done));
                    },
                    token, detail::shared_call(std::string(method), std::move(body)));
            },
            std::forward<ArgsAndToken>(all)...);
    }

private:
    template <class>
    friend class targets;

    client_target(target<Bus> base, std::string id)
        : target<Bus>(std::move(base)), id_(std::move(id)),
          limit_(this->core_->options().request_timeout) {}

    std::string id_;
    std::chrono::milliseconds limit_;
};

/// Selects the clients that a call goes to: all, a group, a user, one client, as SignalR's Clients.
/// A client that is in several of the groups of one target is called once.
///
/// Thread safety: all functions, from any thread.
template <class Bus>
class targets {
    using serializer = typename Bus::serializer_type;
    using names = std::vector<std::string>;

public:
    targets(detail::hub_core& core, serializer const& format) : core_(&core), serializer_(format) {}

    target<Bus> all() const { return to(topics().all()); }
    target<Bus> all_except(names const& connections) const { return all().except(connections); }
    target<Bus> all_except(caller const& who) const { return all().except(who); }
    target<Bus> others(caller const& who) const { return all().except(who); }

    client_target<Bus> caller_of(caller const& who) const { return client(who); }
    client_target<Bus> client(connection_name who) const {
        return {clients({std::string(who.id())}), std::string(who.id())};
    }
    target<Bus> clients(names const& connections) const {
        return at(detail::addresses_of(topics(), connections));
    }

    target<Bus> group(std::string_view name) const { return to(topics().group(name)); }
    /// Goes to all servers as one call.
    target<Bus> groups(names const& all) const {
        return at(detail::to_several(topics(), &detail::recipients::groups, all));
    }
    target<Bus> group_except(std::string_view name, names const& connections) const {
        return group(name).except(connections);
    }
    target<Bus> others_in_group(std::string_view name, caller const& who) const {
        return group_except(name, {who.connection_id()});
    }
    target<Bus> others_in_groups(names const& all, caller const& who) const {
        return groups(all).except({who.connection_id()});
    }

    target<Bus> user(std::string_view id) const { return to(topics().user(id)); }
    /// Goes to all servers as one call.
    target<Bus> users(names const& ids) const {
        return at(detail::to_several(topics(), &detail::recipients::users, ids));
    }
    target<Bus> user_except(std::string_view id, names const& connections) const {
        return user(id).except(connections);
    }

private:
    detail::hub_topics const& topics() const noexcept { return core_->topics; }

    target<Bus> to(std::string topic) const { return at({{std::move(topic), {}}}); }
    target<Bus> at(detail::address_list all) const { return {*core_, serializer_, std::move(all)}; }

    detail::hub_core* core_;
    [[no_unique_address]] serializer serializer_;
};

} // namespace hubbub

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/impl/targets.ipp>
#endif
