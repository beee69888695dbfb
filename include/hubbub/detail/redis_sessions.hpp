// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/detail/glob.hpp>
#include <hubbub/detail/link_watch.hpp>
#include <hubbub/detail/topic_table.hpp>
#include <hubbub/redis/answer_deadline.hpp>
#include <hubbub/redis/connection.hpp>
#include <hubbub/redis/probe.hpp>
#include <hubbub/redis/publish_queue.hpp>
#include <hubbub/redis/subscription_set.hpp>
#include <hubbub/transport.hpp>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace hubbub::detail {

/// What the two links of a transport have in common: their observers, their watch, their end.
struct redis_shared {
    explicit redis_shared(redis::options const& o) : probe(o) {}

    observers listeners;
    publish_ledger ledger;
    link_watch watch{listeners, ledger};
    redis::probe probe;
    /// Called on the links' executor when one has given up: ends both.
    std::function<void(std::error_code)> give_up;
    /// Has a probe published, by the other link.
    std::function<void()> send_probe;
    /// Of the last probe that came back. Any thread.
    std::atomic<redis::clock::duration> probe_round_trip{};
};

/// Where probes come back.
class probe_sink final : public sink {
public:
    explicit probe_sink(redis_shared& shared) : shared_(&shared) {}

    void deliver(message_view const& message) noexcept override {
        std::uint64_t number = 0;
        auto const* const end = message.payload.data() + message.payload.size();
        if (std::from_chars(message.payload.data(), end, number).ec != std::errc{})
            return; // somebody else's; ours will come
        shared_->probe.on_probe(number, redis::clock::now());
        shared_->probe_round_trip = shared_->probe.round_trip();
    }

private:
    redis_shared* shared_;
};

/// A session that tells its ups and downs to the watch.
class watched_session : public redis::session {
public:
    void on_retry(std::error_code reason, unsigned attempts,
                  std::chrono::milliseconds wait) override {
        shared_->watch.retry(role_, reason, attempts, wait, redis::clock::now());
        shared_->probe.on_lost();
    }

    void on_give_up(std::error_code reason) override { shared_->give_up(reason); }

protected:
    watched_session(redis_shared& shared, link_role role) : shared_(&shared), role_(role) {}

    redis_shared& shared() const noexcept { return *shared_; }
    void ready() {
        auto const now = redis::clock::now();
        shared_->watch.ready(role_, now);
        if (shared_->watch.state() == link_state::whole)
            shared_->probe.on_whole(now);
    }

private:
    redis_shared* shared_;
    link_role role_;
};

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

    void push_ping() override {
        std::lock_guard const lock(mutex_);
        queue_.push_ping();
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

/// What is subscribed, and what comes. subscribe and unsubscribe may be called from any thread.
class subscribe_session final : public watched_session {
public:
    subscribe_session(redis_shared& shared, redis::options const& o, std::string prefix,
                      std::string probe_topic)
        : watched_session(shared, link_role::receiving), prefix_(std::move(prefix)),
          pattern_prefix_(glob_escape(prefix_)), probe_topic_(std::move(probe_topic)),
          answer_(o.response_timeout), set_(o.unsubscribe_linger, o.reconnect_cap) {}

    /// Takes done, unless it is refused.
    std::error_code subscribe(interest const& what, std::shared_ptr<sink> const& s,
                              subscribe_completion& done, bool& wake) {
        std::lock_guard const lock(mutex_);
        if (ended_)
            return ended_;
        table_.add(what, s);
        set_.want(full_name(what), std::move(done));
        wake = set_.has_output() && !std::exchange(awake_, true);
        return {};
    }

    /// True if the link's timer must be armed.
    bool unsubscribe(interest const& what, sink const& s) {
        std::lock_guard const lock(mutex_);
        if (!table_.remove(what, s))
            return false;
        set_.unwant(full_name(what), redis::clock::now());
        return !ended_;
    }

    /// Refuses whatever comes, from any thread.
    void refuse_all(std::error_code reason) {
        std::lock_guard const lock(mutex_);
        ended_ = reason;
    }

    /// Ends what waits. The link is closed.
    void end() {
        std::lock_guard const lock(mutex_);
        set_.close(ended_);
    }

    bool subscribes() const override { return true; }

    void on_run(redis::lifecycle::cut_off was) override {
        using cut_off = redis::lifecycle::cut_off;
        if (was != cut_off::no) {
            shared().ledger.cut_offs.add();
            shared().listeners.notify(subscriber_cut_off{was == cut_off::counted});
        }
        std::lock_guard const lock(mutex_);
        set_.on_run();
    }

    void on_down() override {
        std::lock_guard const lock(mutex_);
        awake_ = true; // nobody need wake a link that is down
        set_.on_down();
        answer_.clear();
        writing_.clear();
        written_ = 0;
    }

    std::error_code on_reply(redis::reply const& r) noexcept override {
        auto const& e = r.elements;
        if (e.size() == 3 && e[0].text == "message")
            return deliver(e[1].text, prefix_, false, e[1].text, e[2].text);
        if (e.size() == 4 && e[0].text == "pmessage")
            return deliver(e[1].text, pattern_prefix_, true, e[2].text, e[3].text);
        std::unique_lock lock(mutex_);
        auto const outcome = set_.on_reply(r);
        answer_.answered(set_.awaits_answer(), redis::clock::now());
        lock.unlock();
        if (outcome.refused_reason) {
            auto const& name = outcome.refused_name;
            auto const& prefix = name.starts_with(pattern_prefix_) ? pattern_prefix_ : prefix_;
            shared().listeners.notify(
                subscription_refused{name.substr(prefix.size()), outcome.refused_reason});
        }
        return outcome.error;
    }

    void on_replies_end() override {
        std::unique_lock lock(mutex_);
        bool const whole = set_.became_whole();
        lock.unlock();
        if (whole)
            ready();
    }

    std::string_view output() override {
        std::lock_guard const lock(mutex_);
        if (written_ == writing_.size()) {
            writing_.clear();
            written_ = 0;
            set_.output(writing_);
            if (set_.awaits_answer())
                answer_.await(redis::clock::now());
        }
        awake_ = written_ != writing_.size();
        return std::string_view(writing_).substr(written_);
    }

    void wrote(std::size_t bytes) override {
        std::lock_guard const lock(mutex_);
        written_ += bytes;
    }

    void push_ping() override {
        std::lock_guard const lock(mutex_);
        set_.push_ping();
    }

    std::error_code tick(redis::time_point now) override {
        if (shared().probe.deaf(now))
            return errc::link_deaf;
        std::unique_lock lock(mutex_);
        if (answer_.is_over(now))
            return errc::timed_out;
        set_.tick(now);
        bool const subscribed = set_.is_active(prefix_ + probe_topic_);
        lock.unlock();
        if (shared().probe.due(now, subscribed))
            shared().send_probe();
        return {};
    }

    redis::time_point deadline() override {
        std::lock_guard const lock(mutex_);
        return std::min({set_.deadline(), answer_.when(), shared().probe.deadline()});
    }

private:
    /// An interest as Redis sees it.
    struct prefixed {
        std::string name;
        bool is_pattern;
        operator interest() const { // NOLINT(google-explicit-constructor)
            return is_pattern ? interest(pattern{name}) : interest(name);
        }
    };

    prefixed full_name(interest const& what) const {
        return {(what.is_pattern ? pattern_prefix_ : prefix_) + std::string(what.name),
                what.is_pattern};
    }

    /// Delivers to the sinks of the interest that Redis names. One that is not ours is nonsense.
    std::error_code deliver(std::string_view name, std::string_view prefix, bool is_pattern,
                            std::string_view channel, std::string_view payload) const {
        if (!channel.starts_with(prefix_) || (is_pattern && !name.starts_with(prefix)))
            return errc::protocol_error;
        if (shared().probe.awaited())
            shared().probe.on_message(redis::clock::now());
        name.remove_prefix(prefix.size());
        channel.remove_prefix(prefix_.size());
        table_.deliver(is_pattern ? interest(pattern{name}) : interest(name),
                       {channel, payload, {}});
        return {};
    }

    std::string const prefix_;
    std::string const pattern_prefix_;
    std::string const probe_topic_;
    topic_table table_;
    std::mutex mutex_; // guards what follows, and that table_ and set_ agree
    redis::answer_deadline answer_;
    redis::subscription_set set_;
    std::error_code ended_;
    std::string writing_;
    std::size_t written_ = 0;
    bool awake_ = true;
};

} // namespace hubbub::detail
