// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/detail/limits.hpp>
#include <hubbub/error.hpp>
#include <hubbub/transport.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace hubbub::detail {

/// Publishes what is no message of a user's, as far as there is room for it. Its owner calls it
/// under a lock, and not after the transport has ended.
template <class Transport>
class own_publisher {
public:
    explicit own_publisher(Transport& below) : below_(&below) {}

    /// Called on the transport's executor, without a lock: on_room when there is room again,
    /// on_refused(topic) when the backplane does not allow what was published on it.
    void start(std::function<void()> on_room, std::function<void(std::string const&)> on_refused) {
        on_room_ = std::move(on_room);
        on_refused_ = std::move(on_refused);
    }

    /// False if it is to be tried again, when there is room or a link.
    bool publish(std::string_view topic, std::string_view payload) {
        if (blocked_)
            return false;
        auto refused = [told = on_refused_, on = std::string(topic)](std::error_code error, auto) {
            if (error == errc::permission_denied)
                told(on);
        };
        auto const executor = below_->get_executor();
        auto const error =
            below_->publish({topic, payload, {}, accounting::none}, {executor, std::move(refused)});
        blocked_ = error == errc::queue_full || error == errc::link_down;
        if (error == errc::queue_full && !std::exchange(waits_, true))
            below_->wait_for_room(fitting(below_->limits(), topic.size() + payload.size()),
                                  {executor, [told = on_room_](std::error_code closed) {
                                       if (!closed)
                                           told();
                                   }});
        return !blocked_;
    }

    bool blocked() const noexcept { return blocked_; }

    /// on_room was called.
    void go_on() noexcept { blocked_ = waits_ = false; }

    /// The link is whole.
    void on_link() noexcept { blocked_ = false; }

private:
    Transport* const below_;
    std::function<void()> on_room_;
    std::function<void(std::string const&)> on_refused_;
    bool blocked_ = false; // until there is room, or a link
    bool waits_ = false;   // for room
};

} // namespace hubbub::detail
