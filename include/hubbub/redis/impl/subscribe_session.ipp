// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/redis/subscribe_session.hpp>

#include <hubbub/error.hpp>
#include <hubbub/event.hpp>
#include <hubbub/flow/glob.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace hubbub::detail {

HUBBUB_DECL subscribe_session::subscribe_session(redis_shared& shared, redis::options const& o,
                                                 std::string prefix, std::string probe_topic)
    : watched_session(shared, link_role::receiving), prefix_(std::move(prefix)),
      pattern_prefix_(glob_escape(prefix_)), probe_topic_(std::move(probe_topic)),
      answer_(o.response_timeout), set_(o.unsubscribe_linger, o.reconnect_cap) {}

HUBBUB_DECL std::error_code subscribe_session::subscribe(topic_filter const& what,
                                                         std::shared_ptr<message_sink> const& s,
                                                         subscribe_completion& done, bool& wake) {
    std::lock_guard const lock(mutex_);
    if (ended_)
        return ended_;
    table_.add(what, s);
    set_.want(full_name(what), std::move(done));
    wake = set_.has_output() && !std::exchange(awake_, true);
    return {};
}

HUBBUB_DECL bool subscribe_session::unsubscribe(topic_filter const& what, message_sink const& s) {
    std::lock_guard const lock(mutex_);
    if (!table_.remove(what, s))
        return false;
    set_.unwant(full_name(what), redis::clock::now());
    return !ended_;
}

HUBBUB_DECL void subscribe_session::refuse_all(std::error_code reason) {
    std::lock_guard const lock(mutex_);
    ended_ = reason;
}

HUBBUB_DECL void subscribe_session::end() {
    std::lock_guard const lock(mutex_);
    set_.close(ended_);
}

HUBBUB_DECL void subscribe_session::on_run(redis::lifecycle::cut_off was) {
    using cut_off = redis::lifecycle::cut_off;
    if (was != cut_off::no) {
        shared().ledger.cut_offs.add();
        shared().listeners.notify(subscriber_cut_off{was == cut_off::counted});
    }
    std::lock_guard const lock(mutex_);
    set_.on_run();
}

HUBBUB_DECL void subscribe_session::on_down() {
    std::lock_guard const lock(mutex_);
    awake_ = true; // nobody need wake a link that is down
    set_.on_down();
    answer_.clear();
    writing_.clear();
    written_ = 0;
}

HUBBUB_DECL std::error_code subscribe_session::on_reply(redis::reply const& r) noexcept {
    auto const& e = r.elements;
    if (e.size() == 3 && e[0].text == "message")
        return deliver(e[1].text, prefix_, false, e[1].text, e[2].text);
    if (e.size() == 4 && e[0].text == "pmessage")
        return deliver(e[1].text, pattern_prefix_, true, e[2].text, e[3].text);
    answered_ = true;
    std::unique_lock lock(mutex_);
    auto const outcome = set_.on_reply(r);
    answer_.answered(set_.awaits_answer(), redis::clock::now());
    lock.unlock();
    if (outcome.refused_reason)
        shared().listeners.notify(
            subscription_refused{name_of(outcome.refused_name), outcome.refused_reason});
    if (!outcome.restored_name.empty())
        shared().listeners.notify(subscription_restored{name_of(outcome.restored_name)});
    return outcome.error;
}

HUBBUB_DECL void subscribe_session::on_replies_end() {
    auto const now = redis::clock::now();
    // A read without a whole reply is a part of a message, since answers are short.
    bool const only_answers = std::exchange(answered_, false) && !heard_;
    heard_ = false;
    if (!only_answers)
        shared().probe.on_message(now);
    std::unique_lock lock(mutex_);
    answer_.put_off(now);
    bool const whole = set_.became_whole();
    lock.unlock();
    if (whole)
        ready();
}

HUBBUB_DECL std::string_view subscribe_session::output() {
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

HUBBUB_DECL void subscribe_session::wrote(std::size_t bytes) {
    std::lock_guard const lock(mutex_);
    written_ += bytes;
}

HUBBUB_DECL std::size_t subscribe_session::push_ping() {
    std::lock_guard const lock(mutex_);
    set_.push_ping();
    return 0;
}

HUBBUB_DECL std::error_code subscribe_session::tick(redis::time_point now) {
    if (shared().probe.deaf(now))
        return errc::link_deaf;
    std::unique_lock lock(mutex_);
    if (answer_.is_over(now))
        return errc::timed_out;
    set_.tick(now);
    bool const subscribed = set_.is_active(prefix_ + probe_topic_);
    lock.unlock();
    if (shared().probe.due(now, subscribed))
        shared().links->send_probe();
    return {};
}

HUBBUB_DECL redis::time_point subscribe_session::deadline() {
    std::lock_guard const lock(mutex_);
    return std::min({set_.deadline(), answer_.when(), shared().probe.deadline()});
}

HUBBUB_DECL topic_filter subscribe_session::full_name(topic_filter const& what) const {
    return {(what.is_pattern ? pattern_prefix_ : prefix_) + what.name, what.is_pattern};
}

HUBBUB_DECL std::string subscribe_session::name_of(std::string const& full) const {
    return full.substr((full.starts_with(pattern_prefix_) ? pattern_prefix_ : prefix_).size());
}

HUBBUB_DECL std::error_code subscribe_session::deliver(std::string_view name,
                                                       std::string_view prefix, bool is_pattern,
                                                       std::string_view channel,
                                                       std::string_view payload) {
    heard_ = true;
    if (!channel.starts_with(prefix_) || (is_pattern && !name.starts_with(prefix)))
        return redis_errc::protocol_error;
    name.remove_prefix(prefix.size());
    channel.remove_prefix(prefix_.size());
    table_.deliver(name, is_pattern, {channel, payload, {}});
    return {};
}

} // namespace hubbub::detail
