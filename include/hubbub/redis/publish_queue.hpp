// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/detail/publish_ledger.hpp>
#include <hubbub/error.hpp>
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
        : limits_(&limits), ledger_(&ledger) {}

    /// Queues a publish; done is taken unless it is refused.
    std::error_code push(std::string_view prefix, message_view const& message,
                         publish_completion& done) {
        if (bytes() + message.topic.size() + message.payload.size() > limits_->max_queue_bytes ||
            entries_.size() >= limits_->max_queue_messages)
            return errc::queue_full;
        append_publish(filling_, prefix, message.topic, message.payload);
        entries_.push_back({end_of_queue(), std::move(done), false});
        return {};
    }

    void push_ping() {
        append_command(filling_, "PING");
        entries_.push_back({end_of_queue(), {}, true});
    }

    /// What is to be written next; empty if nothing is, and valid until wrote.
    std::string_view output() {
        if (written_ == writing_.size()) {
            begin_ += writing_.size();
            writing_.clear();
            written_ = 0;
            writing_.swap(filling_);
        }
        return std::string_view(writing_).substr(written_);
    }

    /// So many bytes of output() were taken by the connection.
    void wrote(std::size_t n) noexcept { written_ += n; }

    /// The answer to the oldest command. Errors: protocol_error, if there was none or the answer
    /// does not fit it; what Redis said, if it refused the publish.
    std::error_code on_reply(reply const& r) {
        if (!fits_oldest(r))
            return errc::protocol_error;
        auto oldest = pop();
        if (oldest.is_ping)
            return {};
        if (r.type == value::kind::integer) {
            ledger_->confirmed.add();
            oldest.done({}, static_cast<std::size_t>(r.integer));
            return {};
        }
        auto const error = classify(r.text);
        ledger_->refused.add();
        oldest.done(error, 0);
        return error;
    }

    /// The link fell: returns how many outcomes are unknown; the rest waits for the next link.
    std::uint64_t on_down() {
        std::uint64_t unknown = 0;
        while (!entries_.empty() && entries_.front().end <= begin_ + written_) {
            auto oldest = pop();
            if (oldest.is_ping)
                continue;
            ++unknown;
            ledger_->unknown.add();
            oldest.done(errc::outcome_unknown, 0);
        }
        restart_at(answered_);
        return unknown;
    }

    /// Ends all that waits with error: what was written as unknown, the rest as discarded.
    std::uint64_t close(std::error_code error) {
        auto const unknown = on_down();
        for (auto& e : entries_) {
            if (e.is_ping)
                continue;
            ledger_->discarded.add();
            e.done(error, 0);
        }
        entries_.clear();
        filling_.clear();
        return unknown;
    }

    /// Bytes not written yet, and messages not answered yet.
    std::size_t bytes() const noexcept { return writing_.size() - written_ + filling_.size(); }
    std::size_t messages() const noexcept { return entries_.size(); }

private:
    struct entry {
        std::uint64_t end; // where its command ends, in bytes since the link came up
        publish_completion done;
        bool is_ping;
    };

    bool fits_oldest(reply const& r) const noexcept {
        // The answer may come before wrote, so that what is being written counts as asked.
        if (entries_.empty() || entries_.front().end > begin_ + writing_.size())
            return false;
        if (r.type == value::kind::error)
            return true;
        return entries_.front().is_ping ? r.type == value::kind::status
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
        if (at >= begin_)
            writing_.erase(0, std::min<std::size_t>(at - begin_, writing_.size()));
        filling_.insert(0, writing_);
        writing_.clear();
        written_ = 0;
        begin_ = 0;
        answered_ = 0;
        for (auto& e : entries_)
            e.end -= at;
    }

    message_limits const* limits_;
    hubbub::detail::publish_ledger* ledger_;
    std::deque<entry> entries_; // oldest first: written ones, then those in writing_ and filling_
    std::string filling_;
    std::string writing_;
    std::size_t written_ = 0;    // of writing_
    std::uint64_t begin_ = 0;    // where writing_ begins, in bytes since the link came up
    std::uint64_t answered_ = 0; // where the last command that was answered ended
};

} // namespace hubbub::redis
