// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/error.hpp>
#include <hubbub/flow/charge.hpp>
#include <hubbub/flow/publish_ledger.hpp>
#include <hubbub/flow/room.hpp>
#include <hubbub/limits.hpp>
#include <hubbub/redis/command.hpp>
#include <hubbub/redis/resp.hpp>
#include <hubbub/redis/server_error.hpp>
#include <hubbub/transport.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace hubbub::redis {

/// What is to be published, until Redis has answered: a bounded queue of formatted commands, from
/// which one write at a time takes all that waits.
///
/// A command of which every byte was written when the link falls may have been carried out: its
/// outcome is unknown, and it is not sent again. Any other was not, and waits for the next link.
/// It does no I/O, and has no lock of its own.
class publish_queue {
public:
    publish_queue(message_limits const& limits, hubbub::detail::publish_ledger& ledger)
        : limits_(&limits), ledger_(&ledger), charge_(limits.budget) {}

    /// Queues a publish; done is taken unless it is refused.
    std::error_code push(std::string_view prefix, message_view const& message,
                         publish_completion& done) {
        if (!connected_ && limits_->while_down == outage_policy::refuse)
            return errc::link_down;
        auto const size = message.topic.size() + message.payload.size();
        while (!has_room(size))
            if (!attainable(size) || !displace_oldest())
                return errc::queue_full;
        add(message.counted == accounting::none ? kind::uncounted : kind::message, std::move(done),
            [&] { append_publish(filling_, prefix, message.topic, message.payload); });
        return {};
    }

    void push_ping() {
        add(kind::ping, {}, [&] { append_command(filling_, "PING"); });
    }

    /// Queues a publish of the library's own, which is no message of anybody's: it is not counted.
    void push_probe(std::string_view prefix, message_view const& message, publish_completion done) {
        add(kind::probe, std::move(done),
            [&] { append_publish(filling_, prefix, message.topic, message.payload); });
    }

    /// Completes done when a message of so many bytes, with its topic, finds room.
    void wait_for_room(std::size_t size, completion<std::error_code> done) {
        room_.add(size, std::move(done));
        changed();
    }

    /// Ends those who wait for it.
    void end_waiting_for_room(std::error_code error) {
        room_.close(error);
        charge_.end_waiting(error);
    }

    /// Completes done when all that is queued now, and comes, is answered.
    void wait_until_empty(completion<std::error_code> done) {
        drains_.add(0, std::move(done));
        changed();
    }

    /// The link is up.
    void on_run() noexcept { connected_ = true; }

    /// What is to be written next; empty if nothing is, and valid until wrote.
    std::string_view output() {
        if (written_ == writing_.size()) {
            begin_ += writing_.size();
            writing_.clear();
            written_ = std::exchange(displaced_, 0);
            writing_.swap(filling_);
        }
        return std::string_view(writing_).substr(written_);
    }

    /// So many bytes of output() were taken by the connection.
    void wrote(std::size_t n) {
        written_ += n;
        changed();
    }

    /// The answer to the oldest command. Errors: protocol_error, if there was none or the answer
    /// does not fit it; what Redis said, if it refused the publish.
    std::error_code on_reply(reply const& r) {
        if (!fits_oldest(r))
            return errc::protocol_error;
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
        oldest.done(error, 0);
        return counts || oldest.what == kind::uncounted ? error : std::error_code{};
    }

    /// The link fell: returns how many outcomes are unknown; the rest waits for the next link.
    std::uint64_t on_down() {
        connected_ = false;
        std::uint64_t unknown = 0;
        while (!entries_.empty() && entries_.front().end <= begin_ + written_) {
            auto oldest = pop();
            if (oldest.what == kind::message) {
                ++unknown;
                ledger_->unknown.add();
            }
            oldest.done(errc::outcome_unknown, 0);
        }
        restart_at(answered_);
        changed();
        return unknown;
    }

    /// Ends all that waits with error: what was written as unknown, the rest as discarded.
    std::uint64_t close(std::error_code error) {
        end_waiting_for_room(error);
        drains_.close(error);
        auto const unknown = on_down();
        for (auto& e : entries_) {
            if (e.what == kind::message)
                ledger_->discarded.add();
            e.done(error, 0);
        }
        entries_.clear();
        filling_.clear();
        displaced_ = 0;
        changed();
        return unknown;
    }

    /// Bytes not written yet, and commands not answered yet.
    std::size_t bytes() const noexcept {
        return writing_.size() - written_ + filling_.size() - displaced_;
    }
    std::size_t messages() const noexcept { return entries_.size(); }
    /// The most that there ever were.
    std::size_t peak_bytes() const noexcept { return peak_bytes_; }
    std::size_t peak_messages() const noexcept { return peak_messages_; }

private:
    enum class kind { message, uncounted, ping, probe };

    struct entry {
        std::uint64_t end; // where its command ends, in bytes since the link came up
        publish_completion done;
        kind what;
    };

    /// append() puts the command at the end of filling_. Without memory nothing is added: a command
    /// without an entry would be answered, and the answer taken for another's.
    template <class Append>
    void add(kind what, publish_completion&& done, Append append) {
        auto const before = filling_.size();
        try {
            append();
            entries_.emplace_back(end_of_queue(), std::move(done), what);
        } catch (...) {
            filling_.resize(before);
            throw;
        }
        auto const now = bytes();
        peak_messages_ = std::max(peak_messages_, entries_.size());
        peak_bytes_ = std::max(peak_bytes_, now);
        charge_.settle(now);
    }

    /// Whether its own bounds allow so many bytes more.
    bool fits(std::size_t size) const noexcept {
        return bytes() + size <= limits_->max_queue_bytes &&
               entries_.size() < limits_->max_queue_messages;
    }

    /// Whether an empty queue would take them.
    bool attainable(std::size_t size) const noexcept {
        return size <= limits_->max_queue_bytes && limits_->max_queue_messages > 0 &&
               charge_.attainable(size);
    }

    bool has_room(std::size_t size) { return fits(size) && charge_.try_raise(bytes() + size); }

    /// There may be room now for who waits for it.
    void changed() {
        charge_.settle(bytes());
        if (room_.empty() && drains_.empty())
            return;
        room_.notify(
            [this](std::size_t size) { return fits(size); },
            [this](std::size_t size, auto done) { charge_.wait(bytes() + size, std::move(done)); });
        drains_.notify([this](std::size_t /*size*/) { return entries_.empty(); });
    }

    bool displace_oldest() {
        if (connected_ || limits_->while_down != outage_policy::keep_newest || entries_.empty())
            return false;
        auto oldest = pop();
        displaced_ = answered_;
        if (oldest.what == kind::message)
            ledger_->displaced.add();
        oldest.done(errc::displaced, 0);
        if (displaced_ > filling_.size() / 4) // now and then, since it moves what is left
            restart_at(answered_);
        charge_.settle(bytes());
        return true;
    }

    bool fits_oldest(reply const& r) const noexcept {
        // The answer may come before wrote, so that what is being written counts as asked.
        if (entries_.empty() || entries_.front().end > begin_ + writing_.size())
            return false;
        if (r.type == value::kind::error)
            return true;
        return entries_.front().what == kind::ping
                   ? r.type == value::kind::status
                   : r.type == value::kind::integer && r.integer >= 0;
    }

    entry pop() {
        auto oldest = std::move(entries_.front());
        entries_.pop_front();
        answered_ = oldest.end;
        return oldest;
    }

    std::uint64_t end_of_queue() const noexcept {
        return begin_ + writing_.size() + filling_.size();
    }

    /// Makes what begins at `at` the whole queue, for a new link.
    void restart_at(std::uint64_t at) {
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

    message_limits const* limits_;
    hubbub::detail::publish_ledger* ledger_;
    hubbub::detail::charge charge_;
    hubbub::detail::room_waiters room_;
    hubbub::detail::room_waiters drains_;
    std::deque<entry> entries_; // oldest first: written ones, then those in writing_ and filling_
    std::string filling_;
    std::string writing_;
    std::size_t written_ = 0;    // of writing_
    std::size_t displaced_ = 0;  // of filling_, at its beginning: not to be written any more
    std::uint64_t begin_ = 0;    // where writing_ begins, in bytes since the link came up
    std::uint64_t answered_ = 0; // where the last command that was answered ended
    std::size_t peak_messages_ = 0;
    std::size_t peak_bytes_ = 0;
    bool connected_ = false;
};

} // namespace hubbub::redis
