// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/error.hpp>
#include <hubbub/hub/outcome.hpp>
#include <hubbub/hub/typed/stream_ends.hpp>

#include <asio/associated_cancellation_slot.hpp>
#include <asio/system_executor.hpp>

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace hubbub {

/// The writing side of a stream: a handle that is cheap to copy. The receiver's
/// side keeps items up to hub_options::max_stream_items and max_stream_bytes; then a send waits.
///
/// A method of the hub gets one, as its last parameter, to answer with a stream. A coroutine's
/// stream ends when it returns, or with what it throws; another method's by finish or fail. A
/// client makes one with connection::make_stream, and passes it as an argument. If the last copy
/// goes and neither finish nor fail was called, that is the failure stream_failed.
///
/// Thread safety: all functions, from any thread.
template <class T>
class stream_writer {
public:
    using item_type = T;

    /// Makes an empty one, to be assigned to.
    stream_writer() = default;
    explicit stream_writer(std::shared_ptr<detail::stream_sink<T>> sink) : sink_(std::move(sink)) {}

    /// Sends an item, and completes with `void(std::error_code)` when it has a place in the
    /// receiver's buffer, which does not mean that it was read. Items are received in the order of
    /// the calls.
    ///
    /// Errors:       broken_pipe (asio::error), when nobody receives any more; connection_ended;
    ///               cannot_encode; closed, after finish or fail; queue_full, if as much waits as
    ///               may be kept; refused (hub_options::max_streams).
    /// Cancellation: terminal, partial and total, while it waits; the item is not sent then.
    template <class Token = detail::no_token>
    auto async_send(T item, Token&& token = {}) {
        if constexpr (detail::check_token<Token, void(std::error_code)>())
            return asio::async_initiate<Token, void(std::error_code)>(
                [sink = sink_](auto handler, T what) {
                    auto executor = detail::executor_of(handler, sink->executor);
                    auto const waiting = std::make_shared<std::uint64_t>();
                    auto on_cancel =
                        detail::cancel_by(asio::get_associated_cancellation_slot(handler));
                    detail::cancellable_handler wrapped(std::move(handler));
                    on_cancel([weak = std::weak_ptr(sink), waiting] {
                        if (auto const present = weak.lock())
                            present->cancel_send(*waiting);
                    });
                    *waiting =
                        sink->send(std::move(what), {std::move(executor), std::move(wrapped)});
                },
                token, std::move(item));
    }

    /// Sends an item without waiting: queue_full if there is no room.
    std::error_code send(T item) { return sink_->try_send(std::move(item)); }

    /// Ends the stream.
    void finish() { sink_->end({}, {}); }
    /// Ends the stream with a failure: the receiver is told stream_failed and this text.
    void fail(std::string text) { sink_->end(hub_errc::stream_failed, std::move(text)); }

    /// For the hub's own rooms.
    std::shared_ptr<detail::stream_sink<T>> const& sink() const noexcept { return sink_; }

private:
    std::shared_ptr<detail::stream_sink<T>> sink_;
};

/// The reading side of a stream. When it goes the stream is cancelled: what sends
/// is told, and a method that is a coroutine is stopped.
///
/// A client gets one from connection::stream, and a method as a parameter for each stream that it
/// takes.
///
/// Thread safety: distinct objects safe.
/// Lifetime:      it may outlive connection and hub.
template <class T>
class [[nodiscard]] stream_reader {
public:
    using item_type = T;

    /// Makes an empty one, to be assigned to.
    stream_reader() = default;
    explicit stream_reader(std::shared_ptr<detail::stream_source<T>> source)
        : source_(std::move(source)), executor_(source_->executor) {}
    stream_reader(stream_reader&&) noexcept = default;
    stream_reader& operator=(stream_reader&&) noexcept = default;
    ~stream_reader() = default;

    explicit operator bool() const noexcept { return source_ != nullptr; }

    /// Completes with the next item, as `void(std::error_code, T)`; with outcome<T> as Result, as
    /// `void(outcome<T>)`, which has the text of a failure too. One receive at a time.
    ///
    /// Errors:       eof (asio::error) at the stream's end; else why it ended, with a text:
    ///               stream_failed; of a method's answer whatever async_invoke says; connection_ended;
    ///               wrong_result, or of an argument wrong_arguments, for an item of another type,
    ///               which ends the stream; refused (hub_options::max_streams); closed, if it is of
    ///               nothing, or reset was or is called; already_started (asio::error).
    /// Cancellation: terminal, partial and total; then asio::error::operation_aborted, and no item
    ///               is lost by it.
    template <class Result = T, class Token = detail::no_token>
        requires std::same_as<Result, T> || std::same_as<Result, outcome<T>>
    auto async_receive(Token&& token = {}) {
        using reply = detail::reply<Result>;
        if constexpr (detail::check_token<Token, typename reply::signature>())
            return asio::async_initiate<Token, typename reply::signature>(
                [source = std::weak_ptr(source_),
                 fallback = executor_ ? executor_ : asio::system_executor()](auto handler) {
                    auto const waiting = std::make_shared<std::uint64_t>();
                    auto const slot = asio::get_associated_cancellation_slot(handler);
                    auto executor = detail::executor_of(handler, fallback);
                    completion<outcome<T>> done(
                        std::move(executor),
                        [wrapped = detail::cancellable_handler(std::move(handler))](
                            outcome<T> next) mutable { reply::give(wrapped, std::move(next)); });
                    auto const from = source.lock();
                    if (!from)
                        return done(outcome<T>(errc::closed, {}));
                    detail::cancel_by(slot)([source, waiting] {
                        if (auto const present = source.lock())
                            present->cancel_receive(*waiting);
                    });
                    *waiting = from->receive(std::move(done));
                },
                token);
    }

    /// Cancels the stream. Does nothing a second time.
    void reset() noexcept { source_.reset(); }

private:
    std::shared_ptr<detail::stream_source<T>> source_;
    asio::any_io_executor executor_; // empty where it never had a source
};

} // namespace hubbub

// What calls and methods with streams are made of.
#include <hubbub/hub/typed/method_streams.hpp>
#include <hubbub/hub/typed/packed_stream.hpp>
