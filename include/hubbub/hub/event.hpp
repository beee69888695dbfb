// SPDX-License-Identifier: MIT
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>

namespace hubbub {

/// The outlet of a connection threw. The other connections still get the call.
struct outlet_failed {
    std::string_view connection;
    std::string_view method;
    std::exception_ptr exception;
};

/// A call of a method of the hub failed; its caller is told the error and the text.
struct call_failed {
    std::string_view connection;
    std::string_view method;
    std::error_code error;
    std::string_view text;
    /// What the method threw, unless it was a hub_error.
    std::exception_ptr exception;
};

/// A server of the hub was heard for the first time; this one too.
struct server_joined {
    std::string_view server;
};

/// A server of the hub has ended, or is not heard any more. What was asked of it has failed.
struct server_left {
    std::string_view server;
};

/// What a hub tells its owner. Views in it are valid during the call.
using hub_event = std::variant<outlet_failed, call_failed, server_joined, server_left>;

/// Gets every event of a hub. It must not throw.
using hub_observer = std::function<void(hub_event const&)>;

namespace detail {

/// The one observer of a hub. Any thread; it is called with no lock held.
class hub_listener {
public:
    void replace(hub_observer o) {
        auto replacement = o ? std::make_shared<hub_observer>(std::move(o)) : nullptr;
        std::lock_guard const lock(mutex_);
        observer_.swap(replacement);
    }

    void notify(hub_event const& e) const {
        std::shared_ptr<hub_observer> present;
        {
            std::lock_guard const lock(mutex_);
            present = observer_;
        }
        if (present)
            (*present)(e);
    }

private:
    mutable std::mutex mutex_; // guards observer_
    std::shared_ptr<hub_observer> observer_;
};

} // namespace detail
} // namespace hubbub
