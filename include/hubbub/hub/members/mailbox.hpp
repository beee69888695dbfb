// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/hub/members/member.hpp>
#include <hubbub/hub/members/outbox.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <system_error>

namespace hubbub::detail {

/// The outbox of a connection, and the receive that waits for what comes into it. Any thread.
class mailbox {
public:
    using done_type = completion<std::error_code, shared_call>;
    using pushed = outbox::pushed;
    using entries = outbox::entries;

    /// total counts the bytes that wait in all mailboxes, and is not touched once this is closed.
    /// mutex is the owner's, which may guard other things too: there are many of these, and it is
    /// large. It is held for no user's code, and with no other lock.
    mailbox(outbox_options const& options, std::atomic<std::size_t>& total, std::mutex& mutex)
        : mutex_(mutex), total_(total), outbox_(options) {}
    mailbox(mailbox const&) = delete;
    mailbox& operator=(mailbox const&) = delete;

    pushed push(shared_call const& message);

    /// Completes with the next message, or with why there is none any more. Returns what cancel
    /// takes.
    std::uint64_t receive(done_type done);

    std::optional<shared_call> try_receive();

    /// Ends the receive of this number, if it waits: its signal may be emitted when it is over, and
    /// another waits.
    void cancel(std::uint64_t number);

    /// Takes no call any more, for this reason, which is an error. Calls that wait can still be
    /// read, count no more, and are not dropped.
    void close(std::error_code why);

    /// Closes it, since the reader is too slow. Returns the calls that waited, and are dropped.
    entries give_up();

    /// Drops the oldest until so many bytes are free, or nothing is left: those.
    entries shed(std::size_t bytes);

    /// The bytes that it counts.
    std::size_t bytes() const;

    overflow_policy when_full() const noexcept { return outbox_.options().when_full; }

private:
    std::optional<shared_call> pop();
    void end(std::error_code why);
    /// There were so many bytes before.
    void count(std::size_t before);

    std::mutex& mutex_; // guards outbox_ and what follows it
    std::atomic<std::size_t>& total_;
    outbox outbox_;
    done_type reader_;
    std::uint64_t last_ = 0; // the receive that reader_ is of, if any waits
    std::error_code closed_; // why; none while it is open
};

/// A connection that is read.
struct read_member final : member {
    /// total as of a mailbox.
    read_member(outbox_options const& options, std::atomic<std::size_t>& total)
        : box(options, total, mutex) {}

    mailbox* mail() noexcept override { return &box; }

    mailbox box;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/members/impl/mailbox.ipp>
#endif
