// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/completion.hpp>
#include <hubbub/error.hpp>
#include <hubbub/hub/outbox.hpp>

#include <asio/error.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

namespace hubbub::detail {

/// The outbox of a connection, and who waits for what comes into it. Any thread.
template <class Invocation>
class mailbox {
public:
    using done_type = completion<std::error_code, Invocation>;
    using pushed = typename outbox<Invocation>::pushed;
    using entries = typename outbox<Invocation>::entries;

    /// total counts the bytes that wait in all mailboxes, and is not touched once this is closed.
    /// mutex is the owner's, which may guard other things too: there are many of these, and it is
    /// large. It is held for no user's code, and with no other lock.
    mailbox(outbox_options const& options, std::atomic<std::size_t>& total, std::mutex& mutex)
        : mutex_(mutex), total_(total), outbox_(options) {}
    mailbox(mailbox const&) = delete;
    mailbox& operator=(mailbox const&) = delete;

    pushed push(Invocation const& message, std::size_t size) {
        std::lock_guard const lock(mutex_);
        if (closed_)
            return {};
        if (reader_) {
            reader_({}, message);
            return {};
        }
        auto const before = outbox_.bytes();
        auto result = outbox_.push(message, size);
        count(before);
        if (result.ends)
            closed_ = errc::slow_consumer;
        return result;
    }

    /// Completes with the next message, or with why there is none any more. Returns what cancel
    /// takes.
    std::uint64_t receive(done_type done) {
        std::lock_guard const lock(mutex_);
        if (reader_) {
            done(asio::error::already_started, {});
            return 0;
        }
        if (auto next = pop())
            done({}, std::move(*next));
        else if (closed_)
            done(closed_, {});
        else
            reader_ = std::move(done);
        return ++last_;
    }

    std::optional<Invocation> try_receive() {
        std::lock_guard const lock(mutex_);
        return pop();
    }

    /// Ends the receive of this number, if it waits: its signal may be emitted when it is over, and
    /// another waits.
    void cancel(std::uint64_t number) {
        std::lock_guard const lock(mutex_);
        if (number == last_)
            reader_(asio::error::operation_aborted, {});
    }

    /// Nothing comes any more, for this reason, which is an error. What waits can still be read,
    /// counts no more, and is not dropped.
    void close(std::error_code why) {
        std::lock_guard const lock(mutex_);
        end(why);
    }

    /// Closes it, since the reader is too slow: what waited, and is dropped.
    entries give_up() {
        std::lock_guard const lock(mutex_);
        if (closed_)
            return {};
        auto const before = outbox_.bytes();
        auto dropped = outbox_.take_all();
        count(before);
        end(errc::slow_consumer);
        return dropped;
    }

    /// Drops the oldest until so many bytes are free, or nothing is left: those.
    entries shed(std::size_t bytes) {
        std::lock_guard const lock(mutex_);
        if (closed_)
            return {};
        auto const before = outbox_.bytes();
        auto dropped = outbox_.shed(bytes);
        count(before);
        return dropped;
    }

    /// What it counts.
    std::size_t bytes() const {
        std::lock_guard const lock(mutex_);
        return closed_ ? 0 : outbox_.bytes();
    }

    overflow when_full() const noexcept { return outbox_.options().when_full; }

private:
    std::optional<Invocation> pop() {
        auto const before = outbox_.bytes();
        auto next = outbox_.pop();
        count(before);
        return next;
    }

    void end(std::error_code why) {
        if (closed_)
            return;
        total_.fetch_sub(outbox_.bytes()); // the living do not pay for what is left unread
        closed_ = why;
        reader_(why, {});
    }

    /// There were so many bytes before.
    void count(std::size_t before) {
        if (!closed_)
            total_.fetch_add(outbox_.bytes() - before); // may wrap, as it is meant to
    }

    std::mutex& mutex_; // guards outbox_ and what follows it
    std::atomic<std::size_t>& total_;
    outbox<Invocation> outbox_;
    done_type reader_;
    std::uint64_t last_ = 0; // the receive that reader_ is of, if any waits
    std::error_code closed_; // why; none while it is open
};

} // namespace hubbub::detail
