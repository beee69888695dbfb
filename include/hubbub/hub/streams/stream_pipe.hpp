// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/flow/queue_load.hpp>
#include <hubbub/hub/frames/answer.hpp>
#include <hubbub/hub/frames/packed.hpp>
#include <hubbub/hub/streams/stop_list.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>

namespace hubbub::detail {

/// The items of one stream, on their way from the sender to the receiver. A number of items and of
/// bytes is kept; as much again may wait for room, and items beyond that are refused. Any thread.
class stream_pipe final : public stoppable {
public:
    using item = packed;
    /// An item, or why there are no more: eof (asio::error) at an end without error.
    using received = answer;

    /// 0 bytes: no limit.
    stream_pipe(std::size_t most_items, std::size_t most_bytes);

    /// Completes when the item is kept. Returns what cancel_send takes: not that of another, if it
    /// was refused. Errors: queue_full; closed after end; why the stream was closed.
    std::uint64_t send(item what, completion<std::error_code> done);

    /// The same, where waiting is none: queue_full.
    std::error_code try_send(item what);

    /// Takes back an item that waits for room.
    void cancel_send(std::uint64_t number);

    /// Completes with the next item; one at a time. Returns what cancel_receive takes.
    std::uint64_t receive(completion<received> done);

    /// Ends the receive of this number, if it waits: its signal may be emitted when it is over, and
    /// another waits.
    void cancel_receive(std::uint64_t number);

    /// Ends the sending; items that were sent are still received before the end.
    void end(std::error_code error, std::string text);

    /// Nobody receives any more. The sender is told broken_pipe (asio::error).
    void cancel();

    /// Nothing is received any more, and both sides are told.
    void close(std::error_code error, std::string text = {});

    /// The connection has ended. A stream that was sent to its end can still be received.
    void stop(std::error_code why) override;

    /// Stops the sender when the stream is closed: at once, if it is.
    void stop_at_close(std::shared_ptr<stoppable> const& sender);

    bool ended() const;

    /// Why nothing can be sent or received any more; none if it can.
    std::error_code closed() const;

    /// Expires when the stream has ended and nothing of it is kept.
    std::weak_ptr<void> place() const;

private:
    struct entry {
        item what;
        /// Empty once it is kept.
        completion<std::error_code> kept;
        std::uint64_t number;

        std::size_t size() const noexcept { return what.bytes.size(); }
    };

    void shut(std::error_code to_sender, std::error_code stopped_for, received to_receiver);
    std::error_code refusal(std::size_t size, bool may_wait) const;
    void add(item what, completion<std::error_code> done);
    /// Keeps as many of those that wait as there is room for.
    void keep();
    void serve();

    std::size_t const most_items_;
    std::size_t const most_bytes_;
    mutable std::mutex mutex_;  // guards what follows
    std::deque<entry> entries_; // the first are kept, the others wait
    queue_load kept_;
    queue_load waiting_;
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

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/streams/impl/stream_pipe.ipp>
#endif
