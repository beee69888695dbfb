// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/sequenced/core.hpp>

#include <hubbub/base/random_id.hpp>
#include <hubbub/error.hpp>
#include <hubbub/event.hpp>
#include <hubbub/flow/publish_ledger.hpp>
#include <hubbub/sequenced/sink.hpp>

#include <asio/dispatch.hpp>

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>

namespace hubbub::detail {

class sequenced_core::question_sink final : public message_sink {
public:
    explicit question_sink(std::weak_ptr<sequenced_core> core) : core_(std::move(core)) {}
    void deliver(message_view const& message) noexcept override {
        if (auto const core = core_.lock())
            core->answer(message.payload);
    }

private:
    std::weak_ptr<sequenced_core> const core_;
};

HUBBUB_DECL sequenced_core::sequenced_core(transport_interface& below, sequence_options const& o)
    : below_(&below), options_(checked(o)), limits_(sequence_frame::limits_above(below.limits())),
      sender_(options_, random_bits(below.get_executor()) >> 24,
              std::min(sequence_sender::most_answers, limits_.max_payload_bytes / 2)),
      own_(below), id_(sender_.id()), timer_(below.get_executor()), dormant_(options_.max_dormant) {
}

HUBBUB_DECL void sequenced_core::start() {
    auto const weak = weak_from_this();
    observation_ = below_->observe([weak](event const& e) {
        if (auto const core = weak.lock())
            core->on_event(e);
    });
    own_.start(std::shared_ptr<own_publisher::owner>(shared_from_this(), this));
    questions_ = std::make_shared<question_sink>(weak);
    below_->subscribe(questions, questions_, {});
}

HUBBUB_DECL void sequenced_core::stop() {
    std::map<key, std::shared_ptr<sequence_sink>> sinks;
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
    asio::dispatch(timer_.get_executor(), [self = shared_from_this()] { self->timer_.cancel(); });
}

HUBBUB_DECL statistics sequenced_core::read_statistics() const {
    auto const frames = ledger_.frame_bytes.get();
    auto s = below_->statistics();
    ledger_.add_to(s, frames);
    return s;
}

HUBBUB_DECL std::error_code sequenced_core::publish(message_view const& message,
                                                    publish_completion done) {
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
        asio::post(below_->get_executor(), [self = shared_from_this()] { self->arm(); });
    return {};
}

HUBBUB_DECL std::error_code sequenced_core::subscribe(topic_filter const& what,
                                                      std::shared_ptr<message_sink> const& s,
                                                      subscribe_completion done) {
    std::shared_ptr<sequence_sink> from_below;
    {
        std::lock_guard const lock(mutex_);
        if (stopped_) {
            done(errc::closed);
            return errc::closed;
        }
        auto& found = sinks_[key(what.name, what.is_pattern)];
        if (!found)
            found = std::make_shared<sequence_sink>(what, shared_from_this());
        from_below = found;
        table_.add(what, s);
    }
    auto active = [self = shared_from_this(), from_below,
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

HUBBUB_DECL void sequenced_core::unsubscribe(topic_filter const& what, message_sink const& s) {
    std::shared_ptr<sequence_sink> last;
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
    asio::post(timer_.get_executor(),
               [self = shared_from_this(), last] { self->dormant_.forget(last->number); });
}

HUBBUB_DECL void sequenced_core::on_event(event const& e) {
    if (std::holds_alternative<link_up>(e)) {
        resume();
        ask_for(nullptr);
    }
    if (auto const* const restored = std::get_if<subscription_restored>(&e))
        ask_for(&restored->name);
    observers_.notify(e);
}

HUBBUB_DECL std::error_code sequenced_core::refuse(message_view const& message, errc error,
                                                   publish_completion& done) {
    publish_ledger::count(ledger_.refused, message.counted);
    done(error, {});
    return error;
}

HUBBUB_DECL std::error_code sequenced_core::hand_over(message_view const& message,
                                                      sequence_frame const& frame,
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

HUBBUB_DECL void sequenced_core::reject(std::string_view topic) {
    ledger_.malformed.add();
    observers_.notify(message_malformed{topic, errc::malformed_payload});
}

HUBBUB_DECL void sequenced_core::miss(gap const& g) {
    ledger_.lost.add(g.last - g.first + 1);
    ledger_.gaps.add();
    observers_.notify(g);
}

HUBBUB_DECL void sequenced_core::ask(topic_filter const& what) {
    std::lock_guard const lock(publish_mutex_);
    unasked_.add(what);
    ask_what_is_unasked();
}

HUBBUB_DECL void sequenced_core::ask_for(std::string const* name) {
    std::scoped_lock const lock(mutex_, publish_mutex_);
    for (auto const& [k, s] : sinks_)
        if (name == nullptr || k.first == *name)
            unasked_.add(s->what());
    ask_what_is_unasked();
}

HUBBUB_DECL void sequenced_core::ask_what_is_unasked() {
    unasked_.ask({id_, sequence_ms(timer_.now().time_since_epoch())}, limits_,
                 [&](auto const& question) { return publish_own(questions, question); });
}

HUBBUB_DECL void sequenced_core::answer(std::string_view question) {
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

HUBBUB_DECL bool sequenced_core::beacon(std::string_view topic, sequence_frame const& frame) {
    bytes_.clear();
    frame.append_to(bytes_);
    return publish_own(topic, bytes_);
}

HUBBUB_DECL bool sequenced_core::publish_own(std::string_view topic, std::string_view payload) {
    return !stopped_ && own_.publish(topic, payload);
}

HUBBUB_DECL void sequenced_core::on_refused(std::string const& topic) {
    {
        std::lock_guard const lock(publish_mutex_);
        sender_.keep_awake(topic, timer_.now());
    }
    arm(); // it may have been dormant
}

HUBBUB_DECL void sequenced_core::on_room() {
    {
        std::lock_guard const lock(publish_mutex_);
        own_.go_on();
        ask_what_is_unasked();
    }
    tick();
}

HUBBUB_DECL void sequenced_core::forget_by(time_point deadline) {
    if (deadline < std::exchange(streams_due_, std::min(streams_due_, deadline)))
        arm();
}

HUBBUB_DECL void sequenced_core::arm() {
    std::unique_lock lock(publish_mutex_);
    auto next = time_point::max();
    armed_for_ = time_point::min();
    // What is silent while the link is down is so because of it. resume goes on.
    if (!stopped_ && below_->state() == link_state::whole)
        armed_for_ = next = std::min(
            {own_.blocked() ? time_point::max() : sender_.deadline(), streams_due_, ask_again_at_});
    lock.unlock();
    timer_.wake(weak_from_this(), next, [](sequenced_core& core) { core.tick(); });
}

HUBBUB_DECL void sequenced_core::tick() {
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
        ask_for(nullptr);
    }
    if (streams_due_ <= now)
        for_each_receiver(&sequence_sink::tick, now);
    arm();
}

HUBBUB_DECL void sequenced_core::resume() {
    auto const now = timer_.now();
    {
        std::lock_guard const lock(publish_mutex_);
        own_.on_link();
        sender_.resume(now);
        unasked_.announce(); // others may have asked while this one was away
    }
    for_each_receiver(&sequence_sink::resume, now);
    arm();
}

HUBBUB_DECL void sequenced_core::for_each_receiver(void (sequence_sink::*visit)(time_point),
                                                   time_point now) {
    std::lock_guard const lock(mutex_);
    streams_due_ = time_point::max();
    for (auto const& [k, s] : sinks_) {
        ((*s).*visit)(now);
        streams_due_ = std::min(streams_due_, s->deadline());
    }
}

} // namespace hubbub::detail
