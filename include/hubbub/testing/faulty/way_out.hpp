// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/detail/local_endpoint.hpp>
#include <hubbub/transport.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

namespace hubbub::testing::detail {

/// What was published and is not answered yet, in the order published: first what was handed to
/// the transport below, then what waits for its time.
class way_out {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using shared_message = hubbub::detail::shared_message;

    struct entry {
        shared_message message;
        publish_completion done;
        time_point due;
        bool handed = false;
    };

    using entries = std::map<std::uint64_t, entry>; // by number

    explicit way_out(message_limits const& limits) : limits_(limits) {}

    bool has_room_for(message_view const& message) const noexcept {
        return entries_.size() < limits_.max_queue_messages &&
               bytes_ + message.topic.size() + message.payload.size() <= limits_.max_queue_bytes;
    }

    void push(shared_message message, publish_completion done, time_point due) {
        last_due_ = std::max(last_due_, due);
        bytes_ += message->bytes();
        entries_.emplace(++last_, entry{std::move(message), std::move(done), last_due_});
    }

    /// When the next one is to be handed to the transport below; max if there is none.
    time_point due() const {
        auto const next = entries_.lower_bound(next_);
        return next == entries_.end() ? time_point::max() : next->second.due;
    }

    /// The next one, which counts as handed; there is one.
    std::pair<std::uint64_t, shared_message> hand() {
        auto const next = entries_.lower_bound(next_);
        next->second.handed = true;
        next_ = next->first + 1;
        return {next->first, next->second.message};
    }

    /// It was answered; nothing if it is no longer waited for.
    std::optional<entry> finish(std::uint64_t number) {
        auto const found = entries_.extract(number);
        if (!found)
            return std::nullopt;
        bytes_ -= found.mapped().message->bytes();
        return std::move(found.mapped());
    }

    /// All there is.
    entries take_all() {
        bytes_ = 0;
        last_due_ = {};
        return std::exchange(entries_, {});
    }

    std::size_t bytes() const noexcept { return bytes_; }

private:
    message_limits const limits_;
    entries entries_;
    std::uint64_t last_ = 0;
    std::uint64_t next_ = 1; // the first that is not handed
    std::size_t bytes_ = 0;
    time_point last_due_ = {};
};

} // namespace hubbub::testing::detail
