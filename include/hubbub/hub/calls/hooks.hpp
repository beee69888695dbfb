// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/hub/access_request.hpp>
#include <hubbub/hub/caller.hpp>
#include <hubbub/hub/connect_options.hpp>
#include <hubbub/hub/event.hpp>
#include <hubbub/hub/frames/answer.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>

namespace hubbub::detail {

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

/// The functions by which the owner of a hub is told and asked.
class hub_hooks {
public:
    void set_observer(hub_observer f);
    void on_allow(std::function<bool(caller const&, access_request const&)> f);
    void on_connected(std::function<void(caller const&)> f);
    void on_disconnected(std::function<void(caller const&, close_reason const&)> f);

    void notify(hub_event const& e) const;

    /// Tells the owner if a call failed, and gives the failure a text if it has none.
    void notify_if_failed(std::string_view connection, std::string_view method,
                          answer& given) const;

    /// Tells the owner that a connection is there. Throws what its function throws.
    void connected(caller const& who) const;
    /// Tells the owner that it has ended.
    void disconnected(caller const& who, close_reason const& why) const;

    /// Calls f, which tells a connection of something; that it threw is told to the owner.
    template <class F>
    void tell(std::string_view name, std::string_view connection, F f) const {
        try {
            f();
        } catch (...) { // whatever a user's hook throws
            notify_thrown(name, connection);
        }
    }

    /// Asks the policy, and tells the owner what was refused.
    bool allow(caller const& who, access_request const& what) const;

private:
    /// A hook threw what is being handled now.
    void notify_thrown(std::string_view name, std::string_view connection) const;

    replaceable<void(hub_event const&)> event_;
    replaceable<bool(caller const&, access_request const&)> allows_;
    replaceable<void(caller const&)> connected_;
    replaceable<void(caller const&, close_reason const&)> disconnected_;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/calls/impl/hooks.ipp>
#endif
