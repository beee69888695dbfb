// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/streams/stream_pipe.hpp>

#include <hubbub/error.hpp>

#include <asio/error.hpp>

#include <algorithm>
#include <limits>

namespace hubbub::detail {

HUBBUB_DECL stream_pipe::stream_pipe(std::size_t most_items, std::size_t most_bytes)
    : most_items_(std::max<std::size_t>(most_items, 1)),
      most_bytes_(most_bytes == 0 ? std::numeric_limits<std::size_t>::max() : most_bytes) {}

HUBBUB_DECL std::uint64_t stream_pipe::send(item what, completion<std::error_code> done) {
    std::lock_guard const lock(mutex_);
    if (auto const error = refusal(what.bytes.size(), true)) {
        done(error);
        return 0;
    }
    add(std::move(what), std::move(done));
    return last_;
}

HUBBUB_DECL std::error_code stream_pipe::try_send(item what) {
    std::lock_guard const lock(mutex_);
    auto const error = refusal(what.bytes.size(), false);
    if (!error)
        add(std::move(what), {});
    return error;
}

HUBBUB_DECL void stream_pipe::cancel_send(std::uint64_t number) {
    item taken_back; // may be a user's object: destroyed after the lock
    std::lock_guard const lock(mutex_);
    auto const at = std::find_if(entries_.begin(), entries_.end(),
                                 [&](entry const& e) { return e.number == number && e.kept; });
    if (at == entries_.end())
        return;
    at->kept(asio::error::operation_aborted);
    waiting_.remove(at->size());
    taken_back = std::move(at->what);
    entries_.erase(at);
    keep();
}

HUBBUB_DECL std::uint64_t stream_pipe::receive(completion<received> done) {
    std::lock_guard const lock(mutex_);
    if (receiver_) {
        done({.error = asio::error::already_started});
        return 0;
    }
    receiver_ = std::move(done);
    serve();
    return ++last_receive_;
}

HUBBUB_DECL void stream_pipe::cancel_receive(std::uint64_t number) {
    std::lock_guard const lock(mutex_);
    if (number == last_receive_)
        receiver_({.error = asio::error::operation_aborted});
}

HUBBUB_DECL void stream_pipe::end(std::error_code error, std::string text) {
    std::lock_guard const lock(mutex_);
    if (end_)
        return;
    end_ = received{.error = error ? error : make_error_code(asio::error::eof),
                    .text = std::move(text)};
    serve();
}

HUBBUB_DECL void stream_pipe::cancel() {
    shut(asio::error::broken_pipe, {}, {.error = errc::closed});
}

HUBBUB_DECL void stream_pipe::close(std::error_code error, std::string text) {
    shut(error, error, {.error = error, .text = std::move(text)});
}

HUBBUB_DECL void stream_pipe::stop(std::error_code why) {
    if (!ended())
        close(why);
}

HUBBUB_DECL void stream_pipe::stop_at_close(std::shared_ptr<stoppable> const& sender) {
    std::lock_guard const lock(mutex_);
    sender_ = sender;
    if (closed_)
        sender->stop(stopped_for_);
}

HUBBUB_DECL bool stream_pipe::ended() const {
    std::lock_guard const lock(mutex_);
    return end_.has_value();
}

HUBBUB_DECL std::error_code stream_pipe::closed() const {
    std::lock_guard const lock(mutex_);
    return closed_.value_or(std::error_code{});
}

HUBBUB_DECL std::weak_ptr<void> stream_pipe::place() const {
    std::lock_guard const lock(mutex_);
    return place_;
}

HUBBUB_DECL void stream_pipe::shut(std::error_code to_sender, std::error_code stopped_for,
                                   received to_receiver) {
    std::deque<entry> forgotten; // items may be user's objects: destroyed after the lock
    std::lock_guard const lock(mutex_);
    if (closed_)
        return;
    closed_ = to_sender;
    stopped_for_ = stopped_for;
    end_ = std::move(to_receiver);
    if (auto const sender = sender_.lock())
        sender->stop(stopped_for); // before its send fails: so it knows why
    forgotten.swap(entries_);
    kept_ = waiting_ = {};
    for (auto& e : forgotten)
        e.kept(to_sender);
    serve();
}

HUBBUB_DECL std::error_code stream_pipe::refusal(std::size_t size, bool may_wait) const {
    if (closed_)
        return *closed_;
    if (end_)
        return errc::closed;
    bool const is_kept = waiting_.entries == 0 && kept_.takes(size, most_items_, most_bytes_);
    bool const waits = may_wait && waiting_.takes(size, most_items_, most_bytes_);
    return is_kept || waits ? std::error_code{} : errc::queue_full;
}

HUBBUB_DECL void stream_pipe::add(item what, completion<std::error_code> done) {
    auto const size = what.bytes.size();
    entries_.push_back({std::move(what), std::move(done), ++last_});
    waiting_.add(size);
    keep();
    serve();
}

HUBBUB_DECL void stream_pipe::keep() {
    while (waiting_.entries != 0 &&
           kept_.takes(entries_[kept_.entries].size(), most_items_, most_bytes_)) {
        auto& next = entries_[kept_.entries];
        waiting_.remove(next.size());
        kept_.add(next.size());
        next.kept({});
    }
}

HUBBUB_DECL void stream_pipe::serve() {
    if (receiver_ && !entries_.empty()) {
        kept_.remove(entries_.front().size());
        received next{.value = std::move(entries_.front().what)};
        entries_.pop_front();
        keep();
        receiver_(std::move(next));
    } else if (receiver_ && end_) {
        receiver_(*end_);
    }
    if (end_ && entries_.empty())
        place_.reset();
}

} // namespace hubbub::detail
