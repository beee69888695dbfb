// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/caller.hpp>
#include <hubbub/hub/closing.hpp>
#include <hubbub/hub/event.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace hubbub {

/// What a connection is about to do.
struct action {
    enum class kind { connect, invoke, join };

    kind what;
    /// The method that it calls, or the group that it joins.
    std::string_view name;
};

namespace detail {

/// A callable that may be replaced at any time, from any thread; it is called with no lock held.
template <class Signature>
class replaceable {
public:
    void replace(std::function<Signature> f) {
        auto replacement =
            f ? std::make_shared<std::function<Signature> const>(std::move(f)) : nullptr;
        std::lock_guard const lock(mutex_);
        function_.swap(replacement);
    }

    /// Null if there is none.
    std::shared_ptr<std::function<Signature> const> get() const {
        std::lock_guard const lock(mutex_);
        return function_;
    }

private:
    mutable std::mutex mutex_; // guards function_
    std::shared_ptr<std::function<Signature> const> function_;
};

/// What the owner of a hub wants to be told and asked.
struct hub_hooks {
    replaceable<void(hub_event const&)> event;
    replaceable<bool(caller const&, action const&)> allows;
    replaceable<void(caller const&)> connected;
    replaceable<void(caller const&, closing const&)> disconnected;

    void notify(hub_event const& e) const {
        if (auto const f = event.get())
            (*f)(e);
    }

    /// Tells the owner if a call failed, and gives the failure a text if it has none.
    template <class Answer>
    void notify_if_failed(std::string_view connection, std::string_view method,
                          Answer& given) const {
        if (!given.error)
            return;
        if (given.text.empty())
            given.text = "calling '" + std::string(method) + "': " + given.error.message();
        notify(call_failed{connection, method, given.error, given.text, given.thrown});
    }

    /// Calls what wants to be told of a connection; that it threw is told to the owner.
    template <class Hook, class... Args>
    void tell(Hook const& hook, std::string_view name, std::string_view connection,
              Args const&... args) const {
        try {
            if (hook)
                hook(args...);
        } catch (...) { // whatever a user's hook throws
            notify(hook_failed{connection, name, std::current_exception()});
        }
    }

    /// Asks the policy, and tells the owner what was refused.
    bool allow(caller const& who, action const& what) const {
        auto const f = allows.get();
        if (!f || (*f)(who, what))
            return true;
        notify(action_refused{who.connection_id(), what.name});
        return false;
    }
};

} // namespace detail
} // namespace hubbub
