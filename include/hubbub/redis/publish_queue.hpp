// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/capacity_waiters.hpp>
#include <hubbub/base/config.hpp>
#include <hubbub/flow/publish_ledger.hpp>
#include <hubbub/flow/queue_room.hpp>
#include <hubbub/limits.hpp>
#include <hubbub/redis/reply.hpp>
#include <hubbub/transport.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <system_error>

namespace hubbub::redis {

/// Holds publishes until Redis has answered: a bounded queue of formatted commands, from
/// which one write at a time takes all that waits.
///
/// A command of which every byte was written when the link falls may have been carried out: its
/// outcome is unknown, and it is not sent again. Any other was not, and waits for the next link.
/// It does no I/O, and has no lock of its own.
class publish_queue {
public:
    publish_queue(message_limits const& limits, hubbub::detail::publish_ledger& ledger)
        : limits_(&limits), ledger_(&ledger),
          room_(limits.max_queue_bytes, limits.max_queue_messages, limits.budget) {}

    /// Queues a publish; done is taken unless it is refused.
    std::error_code push(std::string_view prefix, message_view const& message,
                         publish_completion& done);

    void push_ping();

    /// Queues a publish of the library's own, which is no message of anybody's: it is not counted.
    void push_probe(std::string_view prefix, message_view const& message, publish_completion done);

    /// Completes done when a message of so many bytes, with its topic, finds room.
    void wait_for_room(std::size_t size, completion<std::error_code> done);

    /// Ends those who wait for it.
    void end_waiting_for_room(std::error_code error);

    /// Completes done when all that is queued now is answered.
    void flush(completion<std::error_code> done);

    /// The link is up.
    void on_run() noexcept { connected_ = true; }

    /// Returns the bytes to be written next, valid until wrote; empty if there are none.
    std::string_view output();

    /// The connection has taken n bytes of output().
    void wrote(std::size_t n);

    /// The answer to the oldest command. Errors: protocol_error, if there was none or the answer
    /// does not fit it; what Redis said, if it refused the publish.
    std::error_code on_reply(reply const& r);

    /// The link fell: returns how many outcomes are unknown; the rest waits for the next link.
    std::uint64_t on_down();

    /// Ends all that waits with error: what was written as unknown, the rest as discarded.
    std::uint64_t close(std::error_code error);

    /// Bytes not written yet, and commands not answered yet.
    std::size_t bytes() const noexcept;
    std::size_t messages() const noexcept { return entries_.size(); }
    /// The most that there ever were.
    std::size_t peak_bytes() const noexcept { return room_.peak().bytes; }
    std::size_t peak_messages() const noexcept { return room_.peak().entries; }

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
    void add(kind what, publish_completion&& done, Append append);

    hubbub::detail::queue_load load() const noexcept { return {entries_.size(), bytes()}; }

    /// There is less in it: there may be room now for those who wait.
    void changed();

    bool displace_oldest();

    bool fits_oldest(reply const& r) const noexcept;

    entry pop();

    std::uint64_t end_of_queue() const noexcept;

    /// Makes what begins at `at` the whole queue, for a new link.
    void restart_at(std::uint64_t at);

    message_limits const* limits_;
    hubbub::detail::publish_ledger* ledger_;
    hubbub::detail::queue_room room_;
    hubbub::detail::capacity_waiters flushes_; // by how many are answered then
    std::deque<entry> entries_; // oldest first: written ones, then those in writing_ and filling_
    std::string filling_;
    std::string writing_;
    std::size_t written_ = 0;    // of writing_
    std::size_t displaced_ = 0;  // of filling_, at its beginning: not to be written any more
    std::uint64_t begin_ = 0;    // where writing_ begins, in bytes since the link came up
    std::size_t popped_ = 0;     // how many are answered, or given up
    std::uint64_t answered_ = 0; // where the last command that was answered ended
    bool connected_ = false;
};

} // namespace hubbub::redis

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/redis/impl/publish_queue.ipp>
#endif
