// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/redis/connection.hpp>
#include <hubbub/redis/link_watch.hpp>
#include <hubbub/redis/publish_queue.hpp>
#include <hubbub/redis/shared.hpp>
#include <hubbub/transport.hpp>

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace hubbub::detail {

/// What is published, on its way to Redis. push may be called from any thread.
class publish_session final : public watched_session {
public:
    publish_session(redis_shared& shared, message_limits const& limits, std::string prefix)
        : watched_session(shared, link_role::publishing), prefix_(std::move(prefix)),
          queue_(limits, shared.ledger) {}

    /// Queues a publish, and takes done, unless it is refused. wake becomes true if the link must
    /// be told to flush.
    std::error_code push(message_view const& message, publish_completion& done, bool& wake) {
        std::lock_guard const lock(mutex_);
        if (ended_ || draining_)
            return ended_ ? ended_ : errc::closed;
        if (auto const error = queue_.push(prefix_, message, done))
            return error;
        wake = !std::exchange(awake_, true);
        return {};
    }

    /// From any thread.
    void wait_for_room(std::size_t bytes, completion<std::error_code> done) {
        std::lock_guard const lock(mutex_);
        if (ended_ || draining_)
            return done(ended_ ? ended_ : errc::closed);
        queue_.wait_for_room(bytes, std::move(done));
    }

    /// Refuses what comes, and completes done when nothing waits. From any thread.
    void drain(completion<std::error_code> done) {
        std::lock_guard const lock(mutex_);
        if (ended_)
            return done(ended_);
        draining_ = true;
        queue_.end_waiting_for_room(errc::closed);
        queue_.wait_until_empty(std::move(done));
    }

    /// Refuses whatever comes, from any thread, and ends who waits for room: in a budget that outlives
    /// the io_context he must not be left, and end() does not come if that runs no more.
    void refuse_all(std::error_code reason) {
        std::lock_guard const lock(mutex_);
        ended_ = reason;
        queue_.end_waiting_for_room(reason);
    }

    /// Ends what waits. The link is closed.
    void end() {
        {
            std::lock_guard const lock(mutex_);
            queue_.close(ended_);
        }
        tell_displaced();
    }

    /// Adds what is, and was, in the queue.
    void add_to(statistics& s) const {
        std::lock_guard const lock(mutex_);
        s.queued_bytes = queue_.bytes();
        s.queued_bytes_peak = queue_.peak_bytes();
        s.queued_peak = queue_.peak_messages();
    }

    bool subscribes() const override { return false; }

    void on_run(redis::lifecycle::cut_off /*was*/) override {
        {
            std::lock_guard const lock(mutex_);
            queue_.on_run();
        }
        tell_displaced();
        ready();
    }

    void on_down() override {
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

    std::error_code on_reply(redis::reply const& r) noexcept override {
        std::unique_lock lock(mutex_);
        auto const error = queue_.on_reply(r);
        lock.unlock();
        if (!error || error == errc::protocol_error)
            return error;
        shared().listeners.notify(publish_refused{error});
        return {};
    }

    void on_replies_end() override {}

    std::string_view output() override {
        std::lock_guard const lock(mutex_);
        auto const next = queue_.output();
        awake_ = !next.empty();
        return next;
    }

    void wrote(std::size_t bytes) override {
        std::lock_guard const lock(mutex_);
        queue_.wrote(bytes);
    }

    std::size_t push_ping() override {
        std::lock_guard const lock(mutex_);
        queue_.push_ping();
        return queue_.bytes();
    }

    /// Queues a probe; done completes with how many got it.
    void push_probe(std::string_view topic, std::string_view number, publish_completion done) {
        std::lock_guard const lock(mutex_);
        queue_.push_probe(prefix_, {topic, number}, std::move(done));
    }

    std::error_code tick(redis::time_point /*now*/) override { return {}; }
    redis::time_point deadline() override { return redis::time_point::max(); }

private:
    void tell_displaced() {
        auto const all = shared().ledger.displaced.get();
        if (auto const count = all - std::exchange(displaced_told_, all); count > 0)
            shared().listeners.notify(publishes_displaced{count});
    }

    std::string const prefix_;
    std::uint64_t displaced_told_ = 0;
    mutable std::mutex mutex_; // guards what follows
    redis::publish_queue queue_;
    std::error_code ended_;
    bool draining_ = false;
    /// A flush is due or under way, or will come with the link.
    bool awake_ = true;
};

} // namespace hubbub::detail
