// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/timer.hpp>
#include <hubbub/error.hpp>
#include <hubbub/flow/kept_message.hpp>
#include <hubbub/flow/limits.hpp>
#include <hubbub/flow/observers.hpp>
#include <hubbub/flow/publish_ledger.hpp>
#include <hubbub/testing/faulty/faults.hpp>
#include <hubbub/testing/faulty/history.hpp>
#include <hubbub/testing/faulty/incoming.hpp>
#include <hubbub/testing/faulty/outgoing.hpp>
#include <hubbub/testing/faulty/plan.hpp>
#include <hubbub/testing/faulty/taps.hpp>
#include <hubbub/transport.hpp>

#include <asio/dispatch.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace hubbub::testing::detail {

/// A `faulty` transport without its handle; it outlives it while something is under way.
///
/// Publishes wait on their way out, messages on their way in, and the next cut or its end in
/// next_turn_. run() carries out what is due, one thing at a time, on the executor of the transport
/// below; all else may be called from any thread.
template <class Transport>
class faulty_core : public std::enable_shared_from_this<faulty_core<Transport>> {
    using tap_ptr = std::shared_ptr<tap<faulty_core>>;
    // These hold a user's objects, and are destroyed without a lock.
    using incoming = typename incoming_messages<tap_ptr>::entries;
    using outgoing = outgoing_messages::entries;

public:
    using time_point = hubbub::detail::timer::time_point;

    faulty_core(Transport& below, faults const& f)
        : below_(&below), faults_(checked(f)), timer_(below.get_executor()), plan_(faults_),
          history_(faults_, timer_.now()), out_(faults_.limits) {}

    /// Apart from the constructor, which has no shared_ptr yet.
    void start() {
        observation_ = below_->observe([weak = this->weak_from_this()](event const& e) {
            if (auto const core = weak.lock())
                core->on_event(e);
        });
        std::lock_guard const lock(mutex_);
        plan_next_cut();
        wake();
    }

    /// Ends all that waits.
    void stop() {
        typename taps<faulty_core>::map from_below;
        incoming lost;
        outgoing published;
        {
            std::lock_guard const lock(mutex_);
            if (closed_.exchange(true))
                return;
            ledger_.link_ended(timer_.now());
            from_below = taps_.take_all();
            lost = in_.take_all();
            out_.end_waiting(errc::closed);
            published = out_.take_all();
            for (auto& [number, p] : published)
                finish(p, p.handed ? errc::outcome_unknown : errc::closed);
            for (auto& done : std::exchange(subscribing_, {}))
                done(errc::closed);
        }
        for (auto const& [what, t] : from_below)
            below_->unsubscribe(t->what(), *t);
        observation_.reset();
        asio::dispatch(below_->get_executor(),
                       [self = this->shared_from_this()] { self->timer_.cancel(); });
    }

    Transport& below() const noexcept { return *below_; }
    hubbub::detail::observers& listeners() noexcept { return observers_; }

    link_state state() const {
        auto const s = closed_ ? link_state::closed : below_->state();
        return s == link_state::whole && cut_ ? link_state::down : s;
    }

    statistics read_statistics() const {
        auto s = ledger_.read(timer_.now());
        s.dropped = below_->statistics().dropped;
        std::lock_guard const lock(mutex_);
        s.queued_bytes = out_.bytes();
        s.queued_peak = out_.peak().messages();
        s.queued_bytes_peak = out_.peak().bytes();
        return s;
    }

    fault_counts counts() const {
        std::lock_guard const lock(mutex_);
        return history_.counts();
    }

    std::string log() const {
        std::lock_guard const lock(mutex_);
        return history_.text();
    }

    std::error_code publish(message_view const& message, publish_completion done) {
        ledger_.begin(message.counted);
        if (auto const error = hubbub::detail::check_message(faults_.limits, message))
            return refuse(message, error, done);
        std::lock_guard const lock(mutex_);
        if (closed_ || draining_)
            return refuse(message, errc::closed, done);
        if (!out_.has_room_for(message))
            return refuse(message, errc::queue_full, done);
        ledger_.count(ledger_.payload_bytes, message.counted, message.payload.size());
        out_.push(std::make_shared<hubbub::detail::kept_message const>(message), std::move(done),
                  timer_.now() + plan_.next_send_delay());
        wake();
        return {};
    }

    message_limits const& limits() const noexcept { return faults_.limits; }

    void wait_for_room(std::size_t bytes, completion<std::error_code> done) {
        std::lock_guard const lock(mutex_);
        if (closed_ || draining_)
            return done(errc::closed);
        out_.wait_for_room(bytes, std::move(done));
    }

    void flush(completion<std::error_code> done, bool is_drain) {
        std::lock_guard const lock(mutex_);
        if (closed_)
            return done(errc::closed);
        if (is_drain && !std::exchange(draining_, true))
            out_.end_waiting_for_room(errc::closed);
        out_.flush(std::move(done));
    }

    std::error_code subscribe(topic_filter const& what, std::shared_ptr<message_sink> const& s,
                              subscribe_completion done) {
        tap_ptr from_below;
        {
            std::lock_guard const lock(mutex_);
            if (closed_) {
                done(errc::closed);
                return errc::closed;
            }
            from_below = taps_.add(what, s, this->shared_from_this());
        }
        auto active = [self = this->shared_from_this(),
                       done = std::move(done)](std::error_code error) mutable {
            self->activate(error, std::move(done));
        };
        auto const error =
            below_->subscribe(what, from_below, {below_->get_executor(), std::move(active)});
        if (error)
            unsubscribe(what, *s);
        return error;
    }

    void unsubscribe(topic_filter const& what, message_sink const& s) {
        tap_ptr last;
        {
            std::lock_guard const lock(mutex_);
            last = taps_.remove(what, s);
        }
        if (last)
            below_->unsubscribe(what, *last);
    }

    /// Does nothing if it is cut already. It ends by itself at the time given.
    void cut(time_point until) {
        incoming lost;
        outgoing published;
        std::lock_guard const lock(mutex_);
        if (closed_ || cut_.exchange(true))
            return;
        cut_at_ = timer_.now();
        next_turn_ = until;
        history_.cut(cut_at_);
        if (below_->state() == link_state::whole) {
            ledger_.link_fell(cut_at_);
            notify(link_lost{errc::disconnected});
        }
        lost = in_.lose_all(cut_at_, history_);
        published = out_.take_all();
        std::uint64_t unknown = 0;
        for (auto& [number, p] : published) {
            bool const comes_through = p.handed || plan_.comes_through();
            history_.lose_answer(cut_at_, number, p.message->view().topic, comes_through);
            if (comes_through && !p.handed)
                below_->publish(p.message->view(), {});
            finish(p, errc::outcome_unknown);
            unknown += p.message->counted() == accounting::none ? 0 : 1;
        }
        if (unknown > 0)
            notify(publishes_unknown{unknown});
    }

    /// Does nothing if it is not cut.
    void heal() {
        std::lock_guard const lock(mutex_);
        if (closed_ || !cut_.exchange(false))
            return;
        auto const now = timer_.now();
        auto const away = std::chrono::duration_cast<std::chrono::milliseconds>(now - cut_at_);
        history_.heal(now);
        plan_next_cut();
        for (auto& done : std::exchange(subscribing_, {}))
            done({});
        if (below_->state() == link_state::whole) {
            ledger_.link_returned(now);
            notify(link_up{away});
        }
        wake();
    }

    /// From below: a message begins its way in.
    void receive(tap_ptr to, message_view const& message) {
        auto const kept = std::make_shared<hubbub::detail::kept_message const>(message);
        std::lock_guard const lock(mutex_);
        if (closed_)
            return;
        in_.arrive(to, kept, timer_.now(), cut_, plan_, history_);
        wake();
    }

private:
    void on_event(event const& e) {
        bool const of_the_link = std::holds_alternative<link_lost>(e) ||
                                 std::holds_alternative<link_retry>(e) ||
                                 std::holds_alternative<link_up>(e);
        if (of_the_link && cut_)
            return; // heal tells how the link below is then
        ledger_.follow(e, timer_.now());
        observers_.notify(e);
    }

    std::error_code refuse(message_view const& message, std::error_code error,
                           publish_completion& done) {
        ledger_.refuse(message.counted, error);
        done(error, {});
        return error;
    }

    void activate(std::error_code error, subscribe_completion done) {
        std::lock_guard const lock(mutex_);
        if (!error && cut_ && !closed_)
            subscribing_.push_back(std::move(done));
        else
            done(error);
    }

    void run() {
        {
            std::lock_guard const lock(mutex_);
            awake_ = false;
        }
        while (step()) {
        }
        arm();
    }

    /// Does one thing that is due; false if there is none.
    bool step() {
        std::unique_lock lock(mutex_);
        auto const now = timer_.now();
        if (closed_)
            return false;
        if (next_turn_ <= now) {
            bool const is_cut = cut_;
            auto const until = is_cut ? now : now + plan_.next_cut_length();
            lock.unlock();
            is_cut ? heal() : cut(until);
            return true;
        }
        if (out_due() <= now) {
            hand();
            return true;
        }
        if (in_.due() <= now) {
            auto const next = in_.take();
            lock.unlock();
            taps_.deliver(*next.to, next.message->view());
            return true;
        }
        return false;
    }

    void arm() {
        std::unique_lock lock(mutex_);
        auto const next =
            closed_ ? time_point::max() : std::min({next_turn_, out_due(), in_.due()});
        lock.unlock();
        timer_.wake(this->weak_from_this(), next, [](faulty_core& core) { core.run(); });
    }

    void answered(std::uint64_t number, unsigned attempt, std::error_code error,
                  receiver_count receivers) {
        std::optional<outgoing_messages::entry> ended;
        std::lock_guard const lock(mutex_);
        ended = out_.finish(number, attempt);
        if (ended)
            finish(*ended, error, receivers);
    }

    /// Completes a publish, and counts it.
    void finish(outgoing_messages::entry& p, std::error_code error, receiver_count receivers = {}) {
        ledger_.end(p.message->counted(), error);
        p.done(error, receivers);
    }

    // What follows is called while mutex_ is held. The transport below calls nothing inside its
    // publish, and lives until stop has had the mutex.

    void notify(event const& e) {
        asio::post(below_->get_executor(),
                   [self = this->shared_from_this(), e] { self->observers_.notify(e); });
    }

    void wake() {
        if (!closed_ && !std::exchange(awake_, true)) // closed: the transport below may be gone
            asio::post(below_->get_executor(), [self = this->shared_from_this()] { self->run(); });
    }

    void plan_next_cut() {
        next_turn_ = plan_.has_cuts() ? timer_.now() + plan_.next_cut() : time_point::max();
    }

    time_point out_due() const { return cut_ || below_full_ ? time_point::max() : out_.due(); }

    void hand() {
        auto const next = out_.hand();
        auto done = [self = this->shared_from_this(), number = next.number,
                     attempt = next.attempt](std::error_code error, receiver_count receivers) {
            self->answered(number, attempt, error, receivers);
        };
        auto message = next.message->view();
        if (message.counted == accounting::message)
            message.counted = accounting::attempt;
        auto const refused = below_->publish(message, {below_->get_executor(), std::move(done)});
        if (refused == errc::queue_full)
            wait_for_room_below(next);
        else if (refused)
            notify(publish_refused{refused});
    }

    /// It was taken from its user, and so it is kept until the transport below takes it.
    void wait_for_room_below(outgoing_messages::handed const& p) {
        out_.take_back(p.number);
        below_full_ = true;
        auto again = [weak = this->weak_from_this()](std::error_code /*closed*/) {
            auto const self = weak.lock();
            if (!self)
                return;
            std::lock_guard const lock(self->mutex_);
            self->below_full_ = false;
            self->wake();
        };
        below_->wait_for_room(p.message->bytes(), {below_->get_executor(), std::move(again)});
    }

    Transport* const below_;
    faults const faults_;
    hubbub::detail::observers observers_;
    std::shared_ptr<void> observation_;
    hubbub::detail::publish_ledger ledger_;
    hubbub::detail::timer timer_;      // but for now(), on the executor
    std::atomic<bool> closed_ = false; // written under mutex_, as the next
    std::atomic<bool> cut_ = false;

    mutable std::mutex mutex_; // guards what follows
    fault_plan plan_;
    history history_;
    outgoing_messages out_;
    incoming_messages<tap_ptr> in_;
    taps<faulty_core> taps_;                        // but for deliver
    std::vector<subscribe_completion> subscribing_; // active, and told at heal
    time_point cut_at_;
    time_point next_turn_ = time_point::max(); // of the link: its fall, or its return
    bool awake_ = false;
    bool below_full_ = false;
    bool draining_ = false;
};

} // namespace hubbub::testing::detail
