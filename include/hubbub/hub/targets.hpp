// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/core.hpp>
#include <hubbub/hub/method_table.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

namespace hubbub {

/// Whom a call is for. Valid while the hub is.
template <class Bus>
class target {
    using core_type = detail::hub_core<Bus>;

public:
    /// Calls method at each client of the target, on whatever server it is; never blocks. What
    /// converts to std::string_view travels as std::string.
    ///
    /// Ordering: calls of one thread to one target arrive in the order made.
    /// Errors:   those of bus::publish. Success says that the call is on its way.
    template <class... Args>
    std::error_code send(std::string_view method, Args&&... args) const {
        return core_->send(addresses_, except_, method,
                           std::tuple<detail::argument<Args>...>(std::forward<Args>(args)...));
    }

private:
    template <class>
    friend class targets;

    target(core_type& core, std::vector<detail::address> addresses,
           std::vector<std::string> except = {})
        : core_(&core), addresses_(std::move(addresses)), except_(std::move(except)) {}

    core_type* core_;
    std::vector<detail::address> addresses_;
    std::vector<std::string> except_;
};

/// Names the clients of a hub, as in SignalR. A client that is in several of the groups, or
/// several of the users, of one target is called once for each.
///
/// Thread safety: all functions, from any thread.
template <class Bus>
class targets {
    using core_type = detail::hub_core<Bus>;
    using names = std::vector<std::string>;

public:
    explicit targets(core_type& core) : core_(&core) {}

    target<Bus> all() const { return {*core_, {{topics().all(), {}}}}; }
    target<Bus> all_except(names connections) const {
        return {*core_, {{topics().all(), {}}}, std::move(connections)};
    }
    target<Bus> others(caller const& who) const { return all_except({who.connection_id()}); }

    target<Bus> caller_of(caller const& who) const { return client(who.connection_id()); }
    target<Bus> client(std::string_view connection) const {
        return {*core_, {to_client(connection)}};
    }
    target<Bus> clients(names const& connections) const {
        return {*core_, each(connections, [this](auto const& id) { return to_client(id); })};
    }

    target<Bus> group(std::string_view name) const { return {*core_, {to_group(name)}}; }
    target<Bus> groups(names const& all) const {
        return {*core_, each(all, [this](auto const& name) { return to_group(name); })};
    }
    target<Bus> group_except(std::string_view name, names connections) const {
        return {*core_, {to_group(name)}, std::move(connections)};
    }
    target<Bus> others_in_group(std::string_view name, caller const& who) const {
        return group_except(name, {who.connection_id()});
    }

    target<Bus> user(std::string_view id) const { return {*core_, {to_user(id)}}; }
    target<Bus> users(names const& ids) const {
        return {*core_, each(ids, [this](auto const& id) { return to_user(id); })};
    }

private:
    detail::hub_topics const& topics() const noexcept { return core_->topics; }

    detail::address to_client(std::string_view connection) const {
        return {topics().server(detail::server_of(connection)), std::string(connection)};
    }
    detail::address to_group(std::string_view name) const { return {topics().group(name), {}}; }
    detail::address to_user(std::string_view id) const { return {topics().user(id), {}}; }

    template <class Address>
    static std::vector<detail::address> each(names const& all, Address address) {
        std::vector<detail::address> addresses;
        for (auto const& name : all)
            addresses.push_back(address(name));
        return addresses;
    }

    core_type* core_;
};

} // namespace hubbub
