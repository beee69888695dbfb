// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/redis/publish_session.hpp>

#include <hubbub/error.hpp>
#include <hubbub/event.hpp>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <system_error>
#include <utility>

namespace hubbub::detail {

HUBBUB_DECL std::error_code publish_session::push(message_view const& message,
                                                  publish_completion& done, bool& wake) {
    std::lock_guard const lock(mutex_);
    if (ended_ || draining_)
        return ended_ ? ended_ : errc::closed;
    if (auto const error = queue_.push(prefix_, message, done))
        return error;
    wake = !std::exchange(awake_, true);
    return {};
}

HUBBUB_DECL void publish_session::wait_for_room(std::size_t bytes,
                                                completion<std::error_code> done) {
    std::lock_guard const lock(mutex_);
    if (ended_ || draining_)
        return done(ended_ ? ended_ : errc::closed);
    queue_.wait_for_room(bytes, std::move(done));
}

HUBBUB_DECL void publish_session::flush(completion<std::error_code> done) {
    std::lock_guard const lock(mutex_);
    if (ended_)
        return done(ended_);
    queue_.flush(std::move(done));
}

HUBBUB_DECL void publish_session::drain(completion<std::error_code> done) {
    {
        std::lock_guard const lock(mutex_);
        draining_ = true;
        queue_.end_waiting_for_room(errc::closed);
    }
    flush(std::move(done));
}

HUBBUB_DECL void publish_session::refuse_all(std::error_code reason) {
    std::lock_guard const lock(mutex_);
    ended_ = reason;
    queue_.end_waiting_for_room(reason);
}

HUBBUB_DECL void publish_session::end() {
    {
        std::lock_guard const lock(mutex_);
        queue_.close(ended_);
    }
    tell_displaced();
}

HUBBUB_DECL void publish_session::add_to(statistics& s) const {
    std::lock_guard const lock(mutex_);
    s.queued_bytes = queue_.bytes();
    s.queued_bytes_peak = queue_.peak_bytes();
    s.queued_peak = queue_.peak_messages();
}

HUBBUB_DECL void publish_session::on_run(redis::lifecycle::cut_off /*was*/) {
    {
        std::lock_guard const lock(mutex_);
        queue_.on_run();
    }
    tell_displaced();
    ready();
}

HUBBUB_DECL void publish_session::on_down() {
    std::uint64_t unknown = 0;
    {
        std::lock_guard const lock(mutex_);
        awake_ = true; // nobody need wake a link that is down
        unknown = queue_.on_down();
    }
    if (unknown > 0)
        shared().listeners.notify(publishes_unknown{unknown});
    tell_displaced();
}

HUBBUB_DECL std::error_code publish_session::on_reply(redis::reply const& r) noexcept {
    std::unique_lock lock(mutex_);
    auto const error = queue_.on_reply(r);
    lock.unlock();
    if (!error || error == redis_errc::protocol_error)
        return error;
    shared().listeners.notify(publish_refused{error});
    return {};
}

HUBBUB_DECL std::string_view publish_session::output() {
    std::lock_guard const lock(mutex_);
    auto const next = queue_.output();
    awake_ = !next.empty();
    return next;
}

HUBBUB_DECL void publish_session::wrote(std::size_t bytes) {
    std::lock_guard const lock(mutex_);
    queue_.wrote(bytes);
}

HUBBUB_DECL std::size_t publish_session::push_ping() {
    std::lock_guard const lock(mutex_);
    queue_.push_ping();
    return queue_.bytes();
}

HUBBUB_DECL void publish_session::push_probe(std::string_view topic, std::string_view number,
                                             publish_completion done) {
    std::lock_guard const lock(mutex_);
    queue_.push_probe(prefix_, {topic, number}, std::move(done));
}

HUBBUB_DECL void publish_session::tell_displaced() {
    auto const all = shared().ledger.displaced.get();
    if (auto const count = all - std::exchange(displaced_told_, all); count > 0)
        shared().listeners.notify(publishes_displaced{count});
}

} // namespace hubbub::detail
