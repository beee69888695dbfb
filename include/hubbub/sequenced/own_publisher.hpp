// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/error.hpp>
#include <hubbub/flow/limits.hpp>
#include <hubbub/transport.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace hubbub::detail {

/// Publishes what is no message of a user's, as far as there is room for it. Its owner calls it
/// under a lock, and not after the transport has ended.
///
/// It calls the owner on the transport's executor, without a lock: on_room() when there is room
/// again, on_refused(topic) when the backplane does not allow what was published on it.
template <class Transport, class Owner>
class own_publisher {
public:
    explicit own_publisher(Transport& below) : below_(&below) {}

    /// Before all else.
    void start(std::weak_ptr<Owner> owner) { owner_ = std::move(owner); }

    /// False if it is to be tried again, when there is room or a link.
    bool publish(std::string_view topic, std::string_view payload) {
        if (blocked_)
            return false;
        auto refused = [weak = owner_, on = std::string(topic)](std::error_code error, auto) {
            if (error != errc::permission_denied)
                return;
            if (auto const owner = weak.lock())
                owner->on_refused(on);
        };
        auto const executor = below_->get_executor();
        auto const error =
            below_->publish({topic, payload, {}, accounting::none}, {executor, std::move(refused)});
        blocked_ = error == errc::queue_full || error == errc::link_down;
        if (error == errc::queue_full && !std::exchange(waits_, true))
            below_->wait_for_room(fitting(below_->limits(), topic.size() + payload.size()),
                                  {executor, [weak = owner_](std::error_code closed) {
                                       if (auto const owner = weak.lock(); owner && !closed)
                                           owner->on_room();
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
    std::weak_ptr<Owner> owner_;
    bool blocked_ = false; // until there is room, or a link
    bool waits_ = false;   // for room
};

} // namespace hubbub::detail
