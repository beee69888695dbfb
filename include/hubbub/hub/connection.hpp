// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/core.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

namespace hubbub {

/// A client's place in a hub: it is connected while this object lives.
///
/// Thread safety: distinct objects safe; of a shared one, invoke alone.
/// Lifetime:      it may outlive the hub, and then does nothing.
template <class Bus>
class [[nodiscard]] connection {
    using core_type = detail::hub_core<Bus>;
    using state_ptr = detail::member_ptr<Bus>;

public:
    connection() = default;
    connection(std::shared_ptr<core_type> core, state_ptr state)
        : core_(std::move(core)), state_(std::move(state)) {}
    connection(connection&&) noexcept = default;
    connection& operator=(connection&& other) noexcept {
        if (this != &other) {
            disconnect();
            core_ = std::move(other.core_);
            state_ = std::move(other.state_);
        }
        return *this;
    }
    ~connection() { disconnect(); }

    explicit operator bool() const noexcept { return state_ != nullptr; }

    /// Its name, which every server of the hub understands. Precondition: it is connected; so for
    /// user and invoke.
    std::string const& id() const noexcept { return state_->id; }
    /// Empty if it has none.
    std::string const& user() const noexcept { return state_->user; }

    /// Calls a method of the hub as this client, on this thread, and returns when it has returned.
    /// What converts to std::string_view travels as std::string.
    ///
    /// Errors: unknown_method; malformed_payload if the method takes other arguments;
    ///         cannot_encode; closed.
    template <class... Args>
    std::error_code invoke(std::string_view method, Args&&... args) {
        return core_->invoke(*state_, method,
                             std::tuple<detail::argument<Args>...>(std::forward<Args>(args)...));
    }

    /// Leaves the hub and its groups; the outlet is not called again. Does nothing a second time.
    void disconnect() noexcept {
        auto const state = std::exchange(state_, nullptr);
        auto const core = std::exchange(core_, nullptr);
        if (state)
            core->disconnect(state);
    }

private:
    std::shared_ptr<core_type> core_;
    state_ptr state_;
};

} // namespace hubbub
