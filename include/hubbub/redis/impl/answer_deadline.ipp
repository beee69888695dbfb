// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/redis/answer_deadline.hpp>

#include <algorithm>

namespace hubbub::redis {

HUBBUB_DECL void answer_deadline::await(time_point now) noexcept {
    if (when_ == time_point::max())
        restart(now);
}

HUBBUB_DECL void answer_deadline::answered(bool more, time_point now) noexcept {
    if (more)
        restart(now);
    else
        clear();
}

HUBBUB_DECL void answer_deadline::put_off(time_point now) noexcept {
    if (when_ != time_point::max())
        when_ = std::max(when_, std::min(now + timeout_, since_ + patience * timeout_));
}

HUBBUB_DECL void answer_deadline::restart(time_point now) noexcept {
    since_ = now;
    when_ = now + timeout_;
    excused_ = false;
}

} // namespace hubbub::redis
