// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/redis/publish_queue.hpp>

#include <hubbub/error.hpp>
#include <hubbub/redis/command.hpp>
#include <hubbub/redis/server_error.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <system_error>
#include <utility>

namespace hubbub::redis {

template <class Append>
void publish_queue::add(kind what, publish_completion&& done, Append append) {
    auto const before = filling_.size();
    try {
        append();
        entries_.emplace_back(end_of_queue(), std::move(done), what);
    } catch (...) {
        filling_.resize(before);
        room_.shrink_to(load());
        throw;
    }
    room_.grow_to(load());
}

HUBBUB_DECL std::error_code publish_queue::push(std::string_view prefix,
                                                message_view const& message,
                                                publish_completion& done) {
    if (!connected_ && limits_->while_down == outage_policy::refuse)
        return errc::link_down;
    auto const size = message.topic.size() + message.payload.size();
    bool displaced = false;
    for (; !room_.try_enter(size); displaced = true)
        if (!room_.attainable(size) || !displace_oldest())
            return errc::queue_full;
    add(message.counted == accounting::none ? kind::uncounted : kind::message, std::move(done),
        [&] { append_publish(filling_, prefix, message.topic, message.payload); });
    if (displaced) // which a flush may have waited for
        changed();
    return {};
}

HUBBUB_DECL void publish_queue::push_ping() {
    add(kind::ping, {}, [&] { append_command(filling_, "PING"); });
}

HUBBUB_DECL void publish_queue::push_probe(std::string_view prefix, message_view const& message,
                                           publish_completion done) {
    add(kind::probe, std::move(done),
        [&] { append_publish(filling_, prefix, message.topic, message.payload); });
}

HUBBUB_DECL void publish_queue::wait_for_room(std::size_t size, completion<std::error_code> done) {
    room_.wait(size, std::move(done));
}

HUBBUB_DECL void publish_queue::end_waiting_for_room(std::error_code error) {
    room_.end_waiting(error);
}

HUBBUB_DECL void publish_queue::flush(completion<std::error_code> done) {
    flushes_.add(popped_ + entries_.size(), std::move(done));
    changed();
}

HUBBUB_DECL std::string_view publish_queue::output() {
    if (written_ == writing_.size()) {
        begin_ += writing_.size();
        writing_.clear();
        written_ = std::exchange(displaced_, 0);
        writing_.swap(filling_);
    }
    return std::string_view(writing_).substr(written_);
}

HUBBUB_DECL void publish_queue::wrote(std::size_t n) {
    written_ += n;
    changed();
}

HUBBUB_DECL std::error_code publish_queue::on_reply(reply const& r) {
    if (!fits_oldest(r))
        return redis_errc::protocol_error;
    auto oldest = pop();
    changed();
    bool const counts = oldest.what == kind::message;
    if (r.type != value::kind::error) {
        if (counts)
            ledger_->confirmed.add();
        oldest.done({}, static_cast<std::size_t>(r.integer));
        return {};
    }
    if (counts)
        ledger_->refused.add();
    std::error_code const error = classify(r.text);
    oldest.done(error, {});
    return counts || oldest.what == kind::uncounted ? error : std::error_code{};
}

HUBBUB_DECL std::uint64_t publish_queue::on_down() {
    connected_ = false;
    std::uint64_t unknown = 0;
    while (!entries_.empty() && entries_.front().end <= begin_ + written_) {
        auto oldest = pop();
        if (oldest.what == kind::message) {
            ++unknown;
            ledger_->unknown.add();
        }
        oldest.done(errc::outcome_unknown, {});
    }
    restart_at(answered_);
    changed();
    return unknown;
}

HUBBUB_DECL std::uint64_t publish_queue::close(std::error_code error) {
    end_waiting_for_room(error);
    flushes_.close(error);
    auto const unknown = on_down();
    for (auto& e : entries_) {
        if (e.what == kind::message)
            ledger_->discarded.add();
        e.done(error, {});
    }
    entries_.clear();
    filling_.clear();
    displaced_ = 0;
    changed();
    return unknown;
}

HUBBUB_DECL std::size_t publish_queue::bytes() const noexcept {
    return writing_.size() - written_ + filling_.size() - displaced_;
}

HUBBUB_DECL void publish_queue::changed() {
    room_.shrink_to(load());
    room_.notify();
    if (!flushes_.empty())
        flushes_.notify([this](std::size_t answered) { return popped_ >= answered; });
}

HUBBUB_DECL bool publish_queue::displace_oldest() {
    if (connected_ || limits_->while_down != outage_policy::keep_newest || entries_.empty())
        return false;
    auto oldest = pop();
    displaced_ = answered_;
    if (oldest.what == kind::message)
        ledger_->displaced.add();
    oldest.done(errc::displaced, {});
    if (displaced_ > filling_.size() / 4) // now and then, since it moves what is left
        restart_at(answered_);
    room_.shrink_to(load());
    return true;
}

HUBBUB_DECL bool publish_queue::fits_oldest(reply const& r) const noexcept {
    // The answer may come before wrote, so that what is being written counts as asked.
    if (entries_.empty() || entries_.front().end > begin_ + writing_.size())
        return false;
    if (r.type == value::kind::error)
        return true;
    return entries_.front().what == kind::ping ? r.type == value::kind::status
                                               : r.type == value::kind::integer && r.integer >= 0;
}

HUBBUB_DECL publish_queue::entry publish_queue::pop() {
    auto oldest = std::move(entries_.front());
    entries_.pop_front();
    ++popped_;
    answered_ = oldest.end;
    return oldest;
}

HUBBUB_DECL std::uint64_t publish_queue::end_of_queue() const noexcept {
    return begin_ + writing_.size() + filling_.size();
}

HUBBUB_DECL void publish_queue::restart_at(std::uint64_t at) {
    filling_.insert(0, writing_);
    filling_.erase(0, at < begin_ ? 0 : at - begin_);
    writing_.clear();
    written_ = 0;
    displaced_ = 0;
    begin_ = 0;
    answered_ = 0;
    for (auto& e : entries_)
        e.end -= at;
}

} // namespace hubbub::redis
