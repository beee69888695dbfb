// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/flow/drop_notice.hpp>

#include <asio/post.hpp>

#include <utility>

namespace hubbub::detail {

HUBBUB_DECL void drop_notice::add(asio::any_io_executor const& executor, std::string_view topic,
                                  std::shared_ptr<event_target> told) {
    std::lock_guard const lock(mutex_);
    topic_ = topic;
    if (++count_ > 1)
        return;
    asio::post(executor, [this, told = std::move(told)] { tell(*told); });
}

HUBBUB_DECL void drop_notice::tell(event_target& told) {
    std::unique_lock taking(mutex_);
    auto const last = std::exchange(topic_, {});
    auto const count = std::exchange(count_, 0);
    taking.unlock();
    told.notify(message_dropped{last, count});
}

} // namespace hubbub::detail
