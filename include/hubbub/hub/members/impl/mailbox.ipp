// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/members/mailbox.hpp>

#include <hubbub/error.hpp>

#include <asio/error.hpp>

#include <utility>

namespace hubbub::detail {

HUBBUB_DECL mailbox::pushed mailbox::push(shared_call const& message) {
    std::lock_guard const lock(mutex_);
    if (closed_)
        return {};
    if (reader_) {
        reader_({}, message);
        return {};
    }
    auto const before = outbox_.bytes();
    auto result = outbox_.push(message);
    count(before);
    if (result.ends)
        closed_ = errc::slow_consumer;
    return result;
}

HUBBUB_DECL std::uint64_t mailbox::receive(done_type done) {
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

HUBBUB_DECL std::optional<shared_call> mailbox::try_receive() {
    std::lock_guard const lock(mutex_);
    return pop();
}

HUBBUB_DECL void mailbox::cancel(std::uint64_t number) {
    std::lock_guard const lock(mutex_);
    if (number == last_)
        reader_(asio::error::operation_aborted, {});
}

HUBBUB_DECL void mailbox::close(std::error_code why) {
    std::lock_guard const lock(mutex_);
    end(why);
}

HUBBUB_DECL mailbox::entries mailbox::give_up() {
    std::lock_guard const lock(mutex_);
    if (closed_)
        return {};
    auto const before = outbox_.bytes();
    auto dropped = outbox_.take_all();
    count(before);
    end(errc::slow_consumer);
    return dropped;
}

HUBBUB_DECL mailbox::entries mailbox::shed(std::size_t bytes) {
    std::lock_guard const lock(mutex_);
    if (closed_)
        return {};
    auto const before = outbox_.bytes();
    auto dropped = outbox_.shed(bytes);
    count(before);
    return dropped;
}

HUBBUB_DECL std::size_t mailbox::bytes() const {
    std::lock_guard const lock(mutex_);
    return closed_ ? 0 : outbox_.bytes();
}

HUBBUB_DECL std::optional<shared_call> mailbox::pop() {
    auto const before = outbox_.bytes();
    auto next = outbox_.pop();
    count(before);
    return next;
}

HUBBUB_DECL void mailbox::end(std::error_code why) {
    if (closed_)
        return;
    total_.fetch_sub(outbox_.bytes()); // the living do not pay for what is left unread
    closed_ = why;
    reader_(why, {});
}

HUBBUB_DECL void mailbox::count(std::size_t before) {
    if (!closed_)
        total_.fetch_add(outbox_.bytes() - before); // may wrap, as it is meant to
}

} // namespace hubbub::detail
