// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/completion.hpp>
#include <hubbub/error.hpp>
#include <hubbub/hub/calls/answer.hpp>
#include <hubbub/hub/calls/end_list.hpp>
#include <hubbub/hub/calls/packed.hpp>

#include <asio/error.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace hubbub::detail {

/// The items of one stream, on their way from who sends to who receives them. So many are kept, and
/// so many bytes; as much again may wait for room, and what is beyond is refused. Any thread.
template <class Serializer>
class stream_pipe final : public stoppable {
public:
    using item = packed<Serializer>;
    /// An item, or why there are no more: eof (asio::error) at an end without error.
    using received = answer<Serializer>;

    /// 0 bytes: no limit.
    stream_pipe(std::size_t most_items, std::size_t most_bytes)
        : most_items_(std::max<std::size_t>(most_items, 1)), most_bytes_(most_bytes) {}

    /// Whether the sizes of items matter.
    bool counts_bytes() const noexcept { return most_bytes_ != 0; }

    /// Completes when the item is kept. Returns what cancel_send takes: not that of another, if it
    /// was refused. Errors: queue_full; closed after end; why the stream was closed.
    std::uint64_t send(item what, std::size_t size, completion<std::error_code> done) {
        std::lock_guard const lock(mutex_);
        if (auto const error = refusal(size, true)) {
            done(error);
            return 0;
        }
        add(std::move(what), size, std::move(done));
        return last_;
    }

    /// The same, where waiting is none: queue_full.
    std::error_code try_send(item what, std::size_t size) {
        std::lock_guard const lock(mutex_);
        auto const error = refusal(size, false);
        if (!error)
            add(std::move(what), size, {});
        return error;
    }

    /// Takes back an item that waits for room.
    void cancel_send(std::uint64_t number) {
        item taken_back; // may be a user's object: destroyed after the lock
        std::lock_guard const lock(mutex_);
        auto const at = std::find_if(entries_.begin(), entries_.end(),
                                     [&](entry const& e) { return e.number == number && e.kept; });
        if (at == entries_.end())
            return;
        at->kept(asio::error::operation_aborted);
        taken_back = std::move(at->what);
        waiting_.remove(at->size);
        entries_.erase(at);
        keep();
    }

    /// Completes with the next item; one at a time. Returns what cancel_receive takes.
    std::uint64_t receive(completion<received> done) {
        std::lock_guard const lock(mutex_);
        if (receiver_) {
            done({.error = asio::error::already_started});
            return 0;
        }
        receiver_ = std::move(done);
        serve();
        return ++last_receive_;
    }

    /// Ends the receive of this number, if it waits: its signal may be emitted when it is over, and
    /// another waits.
    void cancel_receive(std::uint64_t number) {
        std::lock_guard const lock(mutex_);
        if (number == last_receive_)
            receiver_({.error = asio::error::operation_aborted});
    }

    /// No more is sent; what was, is still received before this.
    void end(std::error_code error, std::string text) {
        std::lock_guard const lock(mutex_);
        if (end_)
            return;
        end_ = received{.error = error ? error : make_error_code(asio::error::eof),
                        .text = std::move(text)};
        serve();
    }

    /// Nobody receives any more. Who sends is told broken_pipe (asio::error).
    void cancel() { shut(asio::error::broken_pipe, {}, {.error = errc::closed}); }

    /// Nothing is received any more, and both sides are told.
    void close(std::error_code error, std::string text = {}) {
        shut(error, error, {.error = error, .text = std::move(text)});
    }

    /// The connection has ended. What was sent to its end can still be received.
    void stop(std::error_code why) override {
        if (!ended())
            close(why);
    }

    /// Has what sends stopped when the stream is closed: at once, if it is.
    void stop_at_close(std::shared_ptr<stoppable> const& sender) {
        std::lock_guard const lock(mutex_);
        sender_ = sender;
        if (closed_)
            sender->stop(stopped_for_);
    }

    bool ended() const {
        std::lock_guard const lock(mutex_);
        return end_.has_value();
    }

    /// Why nothing can be sent or received any more; none if it can.
    std::error_code closed() const {
        std::lock_guard const lock(mutex_);
        return closed_.value_or(std::error_code{});
    }

    /// Expires when the stream has ended and nothing of it is kept.
    std::weak_ptr<void> place() const {
        std::lock_guard const lock(mutex_);
        return place_;
    }

private:
    struct entry {
        item what;
        std::size_t size;
        /// Empty once it is kept.
        completion<std::error_code> kept;
        std::uint64_t number;
    };

    struct load {
        std::size_t items = 0;
        std::size_t bytes = 0;

        void add(std::size_t size) {
            ++items;
            bytes += size;
        }
        void remove(std::size_t size) {
            --items;
            bytes -= size;
        }
    };

    void shut(std::error_code to_sender, std::error_code stopped_for, received to_receiver) {
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

    std::error_code refusal(std::size_t size, bool may_wait) const {
        if (closed_)
            return *closed_;
        if (end_)
            return errc::closed;
        bool const is_kept = waiting_.items == 0 && fits(kept_, size);
        return is_kept || (may_wait && fits(waiting_, size)) ? std::error_code{} : errc::queue_full;
    }

    /// Whatever its size, one item does.
    bool fits(load const& l, std::size_t size) const {
        return l.items == 0 ||
               (l.items < most_items_ &&
                (most_bytes_ == 0 || (l.bytes <= most_bytes_ && size <= most_bytes_ - l.bytes)));
    }

    void add(item what, std::size_t size, completion<std::error_code> done) {
        entries_.push_back({std::move(what), size, std::move(done), ++last_});
        waiting_.add(size);
        keep();
        serve();
    }

    /// As many of those that wait as there is room for.
    void keep() {
        while (waiting_.items != 0 && fits(kept_, entries_[kept_.items].size)) {
            auto& next = entries_[kept_.items];
            waiting_.remove(next.size);
            kept_.add(next.size);
            next.kept({});
        }
    }

    void serve() {
        if (receiver_ && !entries_.empty()) {
            received next{.value = std::move(entries_.front().what)};
            kept_.remove(entries_.front().size);
            entries_.pop_front();
            keep();
            receiver_(std::move(next));
        } else if (receiver_ && end_) {
            receiver_(*end_);
        }
        if (end_ && entries_.empty())
            place_.reset();
    }

    std::size_t const most_items_;
    std::size_t const most_bytes_;
    mutable std::mutex mutex_;  // guards what follows
    std::deque<entry> entries_; // the first are kept, the others wait
    load kept_;
    load waiting_;
    std::uint64_t last_ = 0;
    completion<received> receiver_;
    std::uint64_t last_receive_ = 0; // what receiver_ is of, if any waits
    std::optional<received> end_;
    std::optional<std::error_code> closed_;
    std::error_code stopped_for_;
    std::weak_ptr<stoppable> sender_;
    std::shared_ptr<void> place_ = std::make_shared<char>();
};

} // namespace hubbub::detail
