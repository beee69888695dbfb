// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/calls/call_limiter.hpp>

#include <utility>

namespace hubbub::detail {

HUBBUB_DECL call_limiter::entered call_limiter::enter(call_ptr const& c, std::size_t parallel,
                                                      std::size_t most_waiting) {
    if (ended_ || parallel == 0 || running_ < parallel) {
        ++running_;
        return entered::runs;
    }
    if (most_waiting != 0 && waiting_.size() >= most_waiting)
        return entered::full;
    waiting_.push_back(c);
    return entered::waits;
}

HUBBUB_DECL call_limiter::call_ptr call_limiter::leave() {
    if (waiting_.empty()) {
        --running_;
        return {};
    }
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    return next;
}

HUBBUB_DECL std::list<call_limiter::call_ptr> call_limiter::end() {
    ended_ = true;
    running_ += static_cast<std::uint32_t>(waiting_.size());
    return std::exchange(waiting_, {});
}

} // namespace hubbub::detail
