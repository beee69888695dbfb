// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/calls/hooks.hpp>

#include <exception>
#include <string>

namespace hubbub::detail {

HUBBUB_DECL void hub_hooks::set_observer(hub_observer f) {
    event_.replace(std::move(f));
}
HUBBUB_DECL void hub_hooks::on_allow(std::function<bool(caller const&, access_request const&)> f) {
    allows_.replace(std::move(f));
}
HUBBUB_DECL void hub_hooks::on_connected(std::function<void(caller const&)> f) {
    connected_.replace(std::move(f));
}
HUBBUB_DECL void
hub_hooks::on_disconnected(std::function<void(caller const&, close_reason const&)> f) {
    disconnected_.replace(std::move(f));
}

HUBBUB_DECL void hub_hooks::notify(hub_event const& e) const {
    if (auto const f = event_.get())
        (*f)(e);
}

HUBBUB_DECL void hub_hooks::notify_if_failed(std::string_view connection, std::string_view method,
                                             answer& given) const {
    if (!given.error)
        return;
    if (given.text.empty())
        given.text = "calling '" + std::string(method) + "': " + given.error.message();
    notify(call_failed{connection, method, given.error, given.text, given.thrown});
}

HUBBUB_DECL void hub_hooks::connected(caller const& who) const {
    if (auto const f = connected_.get())
        (*f)(who);
}

HUBBUB_DECL void hub_hooks::disconnected(caller const& who, close_reason const& why) const {
    if (auto const f = disconnected_.get())
        tell("on_disconnected", who.connection_id(), [&] { (*f)(who, why); });
}

HUBBUB_DECL bool hub_hooks::allow(caller const& who, access_request const& what) const {
    auto const f = allows_.get();
    if (!f || (*f)(who, what))
        return true;
    notify(action_refused{who.connection_id(), what.name});
    return false;
}

HUBBUB_DECL void hub_hooks::notify_thrown(std::string_view name,
                                          std::string_view connection) const {
    notify(hook_failed{connection, name, std::current_exception()});
}

} // namespace hubbub::detail
