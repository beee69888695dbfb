// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/capacity_waiters.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/flow/kept_message.hpp>
#include <hubbub/flow/publish_ledger.hpp>
#include <hubbub/limits.hpp>
#include <hubbub/transport.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

namespace hubbub::testing::detail {

/// The messages that were published and are not answered yet, in the order published: first what
/// was handed to the transport below, then what waits for its time.
class outgoing_messages {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using shared_message = hubbub::detail::shared_message;

    struct entry {
        shared_message message;
        publish_completion done;
        time_point due;
        bool handed = false;
        unsigned attempt = 0; // how often it was taken back
    };

    using entries = std::map<std::uint64_t, entry>; // by number

    explicit outgoing_messages(message_limits const& limits) : limits_(limits) {}

    bool has_room_for(message_view const& message) const noexcept {
        return fits(message.topic.size() + message.payload.size());
    }

    void push(shared_message message, publish_completion done, time_point due) {
        last_due_ = std::max(last_due_, due);
        bytes_ += message->bytes();
        entries_.emplace(++last_, entry{std::move(message), std::move(done), last_due_});
        peak_.raise(entries_.size(), bytes_);
    }

    /// When the next one is to be handed to the transport below; max if there is none.
    time_point due() const {
        auto const next = entries_.lower_bound(next_);
        return next == entries_.end() ? time_point::max() : next->second.due;
    }

    struct handed {
        std::uint64_t number;
        unsigned attempt;
        shared_message message;
    };

    /// The next one, which counts as handed; there is one.
    handed hand() {
        auto const next = entries_.lower_bound(next_);
        next->second.handed = true;
        next_ = next->first + 1;
        return {next->first, next->second.attempt, next->second.message};
    }

    /// The one handed last was not taken: it is the next again, and what that attempt is answered
    /// does not count.
    void take_back(std::uint64_t number) {
        auto& e = entries_.at(number);
        e.handed = false;
        ++e.attempt;
        next_ = number;
    }

    /// It was answered; nothing if it is no longer waited for.
    std::optional<entry> finish(std::uint64_t number, unsigned attempt) {
        auto const at = entries_.find(number);
        if (at == entries_.end() || at->second.attempt != attempt)
            return std::nullopt;
        auto found = entries_.extract(at);
        bytes_ -= found.mapped().message->bytes();
        changed();
        return std::move(found.mapped());
    }

    /// All there is.
    entries take_all() {
        bytes_ = 0;
        last_due_ = {};
        auto all = std::exchange(entries_, {});
        changed();
        return all;
    }

    /// Completes done when a message of so many bytes, with its topic, finds room.
    void wait_for_room(std::size_t bytes, completion<std::error_code> done) {
        room_.add(bytes, std::move(done));
        changed();
    }

    /// Completes done when all that was published by now is answered.
    void flush(completion<std::error_code> done) {
        flushes_.add(last_, std::move(done));
        changed();
    }

    void end_waiting_for_room(std::error_code error) { room_.close(error); }

    /// Ends those that wait for either.
    void end_waiting(std::error_code error) {
        end_waiting_for_room(error);
        flushes_.close(error);
    }

    std::size_t bytes() const noexcept { return bytes_; }
    hubbub::detail::high_water const& peak() const noexcept { return peak_; }

private:
    bool fits(std::size_t bytes) const noexcept {
        return entries_.size() < limits_.max_queue_messages &&
               bytes_ + bytes <= limits_.max_queue_bytes;
    }

    void changed() {
        room_.notify([this](std::size_t bytes) { return fits(bytes); });
        flushes_.notify([this](std::size_t last) {
            return entries_.empty() || entries_.begin()->first > last;
        });
    }

    message_limits const limits_;
    entries entries_;
    std::uint64_t last_ = 0;
    std::uint64_t next_ = 1; // the first that is not handed
    std::size_t bytes_ = 0;
    hubbub::detail::high_water peak_;
    time_point last_due_ = {};
    hubbub::detail::capacity_waiters room_;
    hubbub::detail::capacity_waiters flushes_; // by the number of the last
};

} // namespace hubbub::testing::detail
