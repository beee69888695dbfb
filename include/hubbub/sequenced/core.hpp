// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/random_id.hpp>
#include <hubbub/base/timer.hpp>
#include <hubbub/error.hpp>
#include <hubbub/flow/limits.hpp>
#include <hubbub/flow/observers.hpp>
#include <hubbub/flow/publish_ledger.hpp>
#include <hubbub/flow/topic_table.hpp>
#include <hubbub/sequenced/dormant_streams.hpp>
#include <hubbub/sequenced/frame.hpp>
#include <hubbub/sequenced/ledger.hpp>
#include <hubbub/sequenced/own_publisher.hpp>
#include <hubbub/sequenced/sender.hpp>
#include <hubbub/sequenced/sink.hpp>
#include <hubbub/transport.hpp>
#include <hubbub/transport/sequence_options.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>

namespace hubbub::detail {

/// A `sequenced` transport without its handle. What numbers and what asks may be called from any
/// thread; what comes from below runs on its executor, one thing at a time.
template <class Transport>
class sequenced_core : public std::enable_shared_from_this<sequenced_core<Transport>> {
public:
    sequenced_core(Transport& below, sequence_options const& o)
        : below_(&below), options_(checked(o)),
          limits_(sequence_frame::limits_above(below.limits())),
          sender_(options_, random_bits(below.get_executor()) >> 24,
                  std::min(sequence_sender::most_answers, limits_.max_payload_bytes / 2)),
          own_(below), id_(sender_.id()), timer_(below.get_executor()),
          dormant_(options_.max_dormant) {}

    /// Apart from the constructor, which has no shared_ptr yet.
    void start() {
        auto const weak = this->weak_from_this();
        observation_ = below_->observe([weak](event const& e) {
            if (auto const core = weak.lock())
                core->on_event(e);
        });
        own_.start(weak);
        questions_ = std::make_shared<question_sink>(weak);
        below_->subscribe(questions, questions_, {});
    }

    /// Ends all subscriptions, beacons and events.
    void stop() {
        std::map<key, std::shared_ptr<interest_sink>> sinks;
        {
            std::scoped_lock const lock(mutex_, publish_mutex_);
            if (stopped_.exchange(true))
                return;
            sinks.swap(sinks_);
        }
        for (auto const& [k, s] : sinks)
            below_->unsubscribe(s->what(), *s);
        below_->unsubscribe(questions, *questions_);
        observation_.reset();
        asio::dispatch(timer_.get_executor(),
                       [self = this->shared_from_this()] { self->timer_.cancel(); });
    }

    Transport& below() const noexcept { return *below_; }
    message_limits const& limits() const noexcept { return limits_; }
    observers& listeners() noexcept { return observers_; }

    /// The statistics of what its users published, without what it puts before their payloads.
    statistics read_statistics() const {
        auto const frames = ledger_.frame_bytes.get();
        auto s = below_->statistics();
        ledger_.add_to(s, frames);
        return s;
    }

    std::error_code publish(message_view const& message, publish_completion done) {
        if (message.payload.size() > limits_.max_payload_bytes)
            return refuse(message, errc::payload_too_large, done);
        auto const now = timer_.now();
        std::lock_guard const lock(publish_mutex_);
        auto const frame = sender_.next(message.topic, message.payload, now);
        if (!frame)
            return refuse(message, errc::too_many_topics, done);
        if (auto const error = hand_over(message, *frame, done)) {
            sender_.unsend(message.topic);
            return error;
        }
        publish_ledger::count(ledger_.frame_bytes, message.counted,
                              bytes_.size() - message.payload.size());
        if (!own_.blocked() && sender_.deadline() < std::exchange(armed_for_, sender_.deadline()))
            asio::post(below_->get_executor(), [self = this->shared_from_this()] { self->arm(); });
        return {};
    }

    std::error_code subscribe(interest const& what, std::shared_ptr<sink> const& s,
                              subscribe_completion done) {
        std::shared_ptr<interest_sink> from_below;
        {
            std::lock_guard const lock(mutex_);
            if (stopped_) {
                done(errc::closed);
                return errc::closed;
            }
            auto& found = sinks_[key(what.name, what.is_pattern)];
            if (!found)
                found = std::make_shared<interest_sink>(what, this->shared_from_this());
            from_below = found;
            table_.add(what, s);
        }
        auto active = [self = this->shared_from_this(), from_below,
                       done = std::move(done)](std::error_code error) mutable {
            if (!error && from_below->activate())
                self->ask(from_below->what());
            done(error);
        };
        auto const error =
            below_->subscribe(what, from_below, {below_->get_executor(), std::move(active)});
        if (error)
            unsubscribe(what, *s);
        return error;
    }

    void unsubscribe(interest const& what, sink const& s) {
        std::shared_ptr<interest_sink> last;
        {
            std::lock_guard const lock(mutex_);
            auto const at = sinks_.find(key(what.name, what.is_pattern));
            if (!table_.remove(what, s) || at == sinks_.end())
                return;
            last = std::move(at->second);
            last->end();
            sinks_.erase(at);
        }
        below_->unsubscribe(what, *last);
        asio::post(timer_.get_executor(), [self = this->shared_from_this(), last] {
            self->dormant_.forget(last->number);
        });
    }

private:
    using key = std::pair<std::string, bool>;
    using interest_sink = sequence_sink<sequenced_core>;
    using time_point = sequence_clock::time_point;

    /// Where receivers ask publishers how far their streams are.
    static constexpr char const* questions = "hubbub.sequenced";

    friend sequence_sink<sequenced_core>;
    friend own_publisher<Transport, sequenced_core>;

    class question_sink final : public sink {
    public:
        explicit question_sink(std::weak_ptr<sequenced_core> core) : core_(std::move(core)) {}
        void deliver(message_view const& message) noexcept override {
            if (auto const core = core_.lock())
                core->answer(message.payload);
        }

    private:
        std::weak_ptr<sequenced_core> const core_;
    };

    void on_event(event const& e) {
        if (std::holds_alternative<link_whole>(e)) {
            resume();
            ask_for([](key const& /*any*/) { return true; });
        }
        if (auto const* const restored = std::get_if<subscription_restored>(&e))
            ask_for([&](key const& k) { return k.first == restored->name; });
        observers_.notify(e);
    }

    std::error_code refuse(message_view const& message, errc error, publish_completion& done) {
        publish_ledger::count(ledger_.refused, message.counted);
        done(error, 0);
        return error;
    }

    /// publish_mutex_ is held. A number that is not sent, also because of an exception, is none.
    std::error_code hand_over(message_view const& message, sequence_frame const& frame,
                              publish_completion& done) {
        try {
            bytes_.clear();
            frame.append_to(bytes_);
            return below_->publish({message.topic, bytes_, {}, message.counted}, std::move(done));
        } catch (...) {
            sender_.unsend(message.topic);
            throw;
        }
    }

    void reject(std::string_view topic) {
        ledger_.malformed.add();
        observers_.notify(message_malformed{topic, errc::malformed_payload});
    }

    void miss(gap const& g) {
        ledger_.lost.add(g.last - g.first + 1);
        ledger_.gaps.add();
        observers_.notify(g);
    }

    void ask(interest const& what) {
        std::lock_guard const lock(publish_mutex_);
        unasked_.add(what);
        ask_what_is_unasked();
    }

    /// Asks for the interests of which it holds.
    template <class Holds>
    void ask_for(Holds holds) {
        std::scoped_lock const lock(mutex_, publish_mutex_);
        for (auto const& [k, s] : sinks_)
            if (holds(k))
                unasked_.add(s->what());
        ask_what_is_unasked();
    }

    /// As far as there is room. publish_mutex_ is held.
    void ask_what_is_unasked() {
        unasked_.ask({id_, sequence_ms(timer_.now().time_since_epoch())}, limits_,
                     [&](auto const& question) { return publish_own(questions, question); });
    }

    void answer(std::string_view question) {
        {
            std::lock_guard const lock(publish_mutex_);
            auto const now = timer_.now();
            bool asked = false;
            auto const from = sequence_request::parse(question, [&](auto const& mark, auto what) {
                asked = true;
                sender_.answer(mark, what, now);
            });
            if (!asked && from && from->asker != id_)
                ask_again_at_ = std::min(ask_again_at_, now + options_.settle_time);
        }
        arm();
    }

    /// False if it is to be tried again. publish_mutex_ is held.
    bool beacon(std::string_view topic, sequence_frame const& frame) {
        bytes_.clear();
        frame.append_to(bytes_);
        return publish_own(topic, bytes_);
    }

    /// publish_mutex_ is held: stop waits for it, and until then the transport below lives.
    bool publish_own(std::string_view topic, std::string_view payload) {
        return !stopped_ && own_.publish(topic, payload);
    }

    /// A beacon that the backplane does not allow was none.
    void on_refused(std::string const& topic) {
        {
            std::lock_guard const lock(publish_mutex_);
            sender_.keep_awake(topic, timer_.now());
        }
        arm(); // it may have been dormant
    }

    void on_room() {
        {
            std::lock_guard const lock(publish_mutex_);
            own_.go_on();
            ask_what_is_unasked();
        }
        tick();
    }

    /// A receiver has streams, and must be ticked by then: also where nobody publishes.
    void forget_by(time_point deadline) {
        if (deadline < std::exchange(streams_due_, std::min(streams_due_, deadline)))
            arm();
    }

    void arm() {
        std::unique_lock lock(publish_mutex_);
        auto next = time_point::max();
        armed_for_ = time_point::min();
        // What is silent while the link is down is so because of it. resume goes on.
        if (!stopped_ && below_->state() == link_state::whole)
            armed_for_ = next = std::min({own_.blocked() ? time_point::max() : sender_.deadline(),
                                          streams_due_, ask_again_at_});
        lock.unlock();
        timer_.wake(this->weak_from_this(), next, [](sequenced_core& core) { core.tick(); });
    }

    void tick() {
        auto const now = timer_.now();
        {
            // stop waits for the lock; after it the transport below may be gone.
            std::lock_guard const lock(publish_mutex_);
            if (stopped_ || below_->state() != link_state::whole)
                return;
            sender_.tick(now, [&](auto topic, auto const& frame) { return beacon(topic, frame); });
        }
        if (ask_again_at_ <= now) {
            ask_again_at_ = time_point::max();
            ask_for([](key const& /*any*/) { return true; });
        }
        if (streams_due_ <= now)
            for_each_receiver([now](interest_sink& s) { s.tick(now); });
        arm();
    }

    void resume() {
        auto const now = timer_.now();
        {
            std::lock_guard const lock(publish_mutex_);
            own_.on_link();
            sender_.resume(now);
            unasked_.announce(); // others may have asked while this one was away
        }
        for_each_receiver([now](interest_sink& s) { s.resume(now); });
        arm();
    }

    template <class Visit>
    void for_each_receiver(Visit visit) {
        std::lock_guard const lock(mutex_);
        streams_due_ = time_point::max();
        for (auto const& [k, s] : sinks_) {
            visit(*s);
            streams_due_ = std::min(streams_due_, s->deadline());
        }
    }

    Transport* const below_;
    sequence_options const options_;
    message_limits const limits_;
    observers observers_;
    std::shared_ptr<void> observation_;
    std::shared_ptr<question_sink> questions_;
    topic_table table_;
    sequence_ledger ledger_;

    std::mutex publish_mutex_; // guards what follows; numbers are given and published under it
    sequence_sender sender_;
    std::string bytes_;
    sequence_questions unasked_;
    own_publisher<Transport, sequenced_core> own_;
    time_point armed_for_ = time_point::max();

    std::string const id_; // of this publisher, and receiver
    timer timer_;          // but for now(), on the executor, as what follows
    time_point streams_due_ = time_point::max();
    time_point ask_again_at_ = time_point::max();
    dormant_streams dormant_;

    std::mutex mutex_; // guards what follows
    std::atomic<bool> stopped_ = false;
    std::map<key, std::shared_ptr<interest_sink>> sinks_;
    std::uint64_t last_receiver_ = 0;
};

} // namespace hubbub::detail
