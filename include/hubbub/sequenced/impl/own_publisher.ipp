// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/sequenced/own_publisher.hpp>

#include <hubbub/error.hpp>
#include <hubbub/flow/limits.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace hubbub::detail {

HUBBUB_DECL bool own_publisher::publish(std::string_view topic, std::string_view payload) {
    if (blocked_)
        return false;
    auto refused = [weak = owner_, on = std::string(topic)](std::error_code error, receiver_count) {
        if (error != redis_errc::permission_denied)
            return;
        if (auto const present = weak.lock())
            present->on_refused(on);
    };
    auto const executor = below_->get_executor();
    auto const error =
        below_->publish({topic, payload, {}, accounting::none}, {executor, std::move(refused)});
    blocked_ = error == errc::queue_full || error == errc::link_down;
    if (error == errc::queue_full && !std::exchange(waits_, true))
        below_->wait_for_room(fitting(below_->limits(), topic.size() + payload.size()),
                              {executor, [weak = owner_](std::error_code closed) {
                                   if (auto const present = weak.lock(); present && !closed)
                                       present->on_room();
                               }});
    return !blocked_;
}

} // namespace hubbub::detail
