// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/detail/completion.hpp>
#include <hubbub/hub/outbox.hpp>

#include <asio/error.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
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

    /// total counts the bytes that wait in all mailboxes.
    mailbox(outbox_options const& options, std::shared_ptr<std::atomic<std::size_t>> total)
        : outbox_(options), total_(std::move(total)) {}
    mailbox(mailbox const&) = delete;
    mailbox& operator=(mailbox const&) = delete;
    ~mailbox() { clear(); }

    typename outbox<Invocation>::pushed push(Invocation const& message, std::size_t size) {
        std::lock_guard const lock(mutex_);
        if (closed_)
            return {};
        if (reader_) {
            reader_({}, message);
            return {};
        }
        auto const before = outbox_.bytes();
        auto const result = outbox_.push(message, size);
        total_->fetch_add(outbox_.bytes() - before); // may wrap, as it is meant to
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
            done(*closed_, {});
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

    /// Nothing comes any more. What waits can still be read, unless the reader is too slow for it.
    void close(std::error_code why, bool forget) {
        std::lock_guard const lock(mutex_);
        if (closed_)
            return;
        closed_ = why;
        if (forget)
            clear();
        reader_(why, {});
    }

    /// Drops the oldest until so many bytes are free, or nothing is left; how many were dropped.
    std::size_t shed(std::size_t bytes) {
        std::lock_guard const lock(mutex_);
        auto const before = outbox_.bytes();
        std::size_t dropped = 0;
        for (; before - outbox_.bytes() < bytes && pop(); ++dropped) {
        }
        return dropped;
    }

    std::size_t bytes() const {
        std::lock_guard const lock(mutex_);
        return outbox_.bytes();
    }

    overflow when_full() const noexcept { return outbox_.options().when_full; }

private:
    std::optional<Invocation> pop() {
        auto const before = outbox_.bytes();
        auto next = outbox_.pop();
        total_->fetch_sub(before - outbox_.bytes());
        return next;
    }

    void clear() {
        total_->fetch_sub(outbox_.bytes());
        outbox_.clear();
    }

    mutable std::mutex mutex_; // guards what follows
    outbox<Invocation> outbox_;
    done_type reader_;
    std::uint64_t last_ = 0; // the receive that reader_ is of, if any waits
    std::optional<std::error_code> closed_;
    std::shared_ptr<std::atomic<std::size_t>> const total_;
};

} // namespace hubbub::detail
