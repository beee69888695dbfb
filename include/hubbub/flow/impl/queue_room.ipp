// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/flow/queue_room.hpp>

#include <utility>

namespace hubbub::detail {

HUBBUB_DECL bool queue_room::try_resize(std::size_t from, std::size_t to) {
    auto const now = taken_.bytes - from + to;
    if (now > max_bytes_ || !share_.try_raise(now))
        return false;
    taken_.bytes = now;
    share_.settle(now);
    return true;
}

HUBBUB_DECL void queue_room::leave(std::size_t bytes) {
    taken_.remove(bytes);
    share_.settle(taken_.bytes);
}

HUBBUB_DECL void queue_room::leave_all() {
    shrink_to({});
}

HUBBUB_DECL void queue_room::notify_waiters() {
    waiters_.notify([this](std::size_t bytes) { return fits(bytes); },
                    [this](std::size_t bytes, completion<std::error_code> done) {
                        share_.wait(taken_.bytes + bytes, std::move(done));
                    });
}

HUBBUB_DECL void queue_room::wait(std::size_t bytes, completion<std::error_code> done) {
    if (ended_)
        return done(ended_);
    if (fits(bytes))
        return share_.wait(taken_.bytes + bytes, std::move(done));
    waiters_.add(bytes, std::move(done));
}

HUBBUB_DECL void queue_room::end_waiting(std::error_code error) {
    ended_ = error;
    waiters_.close(error);
    share_.end_waiting(error);
}

} // namespace hubbub::detail
