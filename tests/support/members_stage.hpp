// SPDX-License-Identifier: MIT
#pragma once

#include "support/machine_stage.hpp"

#include <hubbub/hub/members/members.hpp>
#include <hubbub/hub/options.hpp>

#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace support {

/// The members of the server "s", clients that connect to it as hub::async_connect has them do, and
/// what the hub's owner and they are told.
struct members_stage : machine_stage {
    explicit members_stage(hubbub::hub_options const& options = {})
        : here(std::make_shared<detail::members>(bus, topics, "s", options, hooks)) {
        hooks->on_connected([this](hubbub::caller const& c) {
            if (on_connected)
                on_connected();
            connected.push_back(c.connection_id());
        });
        hooks->on_disconnected(
            [this](hubbub::caller const& c, hubbub::close_reason const& /*why*/) {
                disconnected.push_back(c.connection_id());
            });
    }
    ~members_stage() { here->close(); }

    /// Completes as its name.
    told_ptr connect(std::string const& name, std::string user = {}) {
        auto c = make_told(std::move(user));
        hubbub::connect_options told;
        told.on_closed = [this, weak = std::weak_ptr(c)](hubbub::close_reason const& why) {
            closed.push_back(weak.lock()->id + " " + why.code.message() +
                             (why.text.empty() ? "" : ": " + why.text));
        };
        told.on_drain = [this, weak = std::weak_ptr(c)](std::string const& text) {
            asked_to_leave.push_back(weak.lock()->id + " " + text);
        };
        c->hooks = std::make_unique<hubbub::connect_options const>(std::move(told));
        here->connect(c, {io.get_executor(), [this, name, c](std::error_code e) {
                              ended[name].push_back(e);
                              if (e)
                                  here->disconnect(c, {});
                          }});
        return c;
    }

    std::shared_ptr<detail::members> here;
    /// Called before a connection is told to be there; it may throw.
    std::function<void()> on_connected;
    /// The ids of those that the owner was told of.
    std::vector<std::string> connected;
    std::vector<std::string> disconnected;
    /// What clients were told: "<id> <reason>", "<id> <text>".
    std::vector<std::string> closed;
    std::vector<std::string> asked_to_leave;
};

} // namespace support
