// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/error.hpp>
#include <hubbub/queue.hpp>
#include <hubbub/subscription.hpp>
#include <hubbub/typed/operations.hpp>
#include <hubbub/typed/queued_subscribers.hpp>

#include <asio/associated_cancellation_slot.hpp>
#include <asio/error.hpp>

#include <cstdint>
#include <memory>
#include <system_error>
#include <utility>

namespace hubbub {

/// A subscription without a sink: async_receive asks it for the next message. It ends with this
/// object.
///
/// Thread safety: distinct objects safe; of a shared one, async_receive alone.
/// Lifetime:      it may outlive the bus, not the context of its executor.
///
/// @code
/// auto messages = bus.subscribe<chat_message>("room.42", {.max_messages = 100});
/// for (;;) {
///     auto const [topic, message] = co_await messages.async_receive(asio::use_awaitable);
///     ...
/// }
/// @endcode
template <class T>
class [[nodiscard]] receiver {
    using source = detail::receiving_subscriber<T>;

public:
    receiver() = default;
    receiver(std::shared_ptr<source> s, asio::any_io_executor executor, subscription membership)
        : source_(std::move(s)), executor_(std::move(executor)),
          membership_(std::move(membership)) {}
    receiver(receiver&&) noexcept = default;
    receiver& operator=(receiver&& other) noexcept {
        if (this != &other) {
            reset();
            source_ = std::move(other.source_);
            executor_ = std::move(other.executor_);
            membership_ = std::move(other.membership_);
        }
        return *this;
    }
    ~receiver() { reset(); }

    /// Returns whether messages can still come: not after reset, the bus's end, or slow_consumer.
    explicit operator bool() const noexcept { return static_cast<bool>(membership_); }

    /// Completes with `void(std::error_code, queued_message<T>)`: the oldest message in the queue,
    /// or the next that comes. Several that wait get one each, in turn. Precondition: a bus made
    /// it.
    ///
    /// Errors:       when the queue is empty: closed, after reset or the bus's end; slow_consumer,
    ///               if it was overrun with overflow_policy::disconnect.
    /// Cancellation: terminal, partial and total; then asio::error::operation_aborted, and no
    ///               message is lost by it.
    template <class Token = detail::no_token>
    auto async_receive(Token&& token = {}) {
        if constexpr (detail::check_token<Token, void(std::error_code, queued_message<T>)>())
            return asio::async_initiate<Token, void(std::error_code, queued_message<T>)>(
                [](auto handler, std::shared_ptr<source> from,
                   asio::any_io_executor const& fallback) {
                    auto executor = detail::executor_of(handler, fallback);
                    if (!from)
                        return completion<std::error_code, queued_message<T>>(
                            std::move(executor), std::move(handler))(errc::closed, {});
                    auto const waiting = std::make_shared<std::uint64_t>();
                    auto on_cancel =
                        detail::cancel_by(asio::get_associated_cancellation_slot(handler));
                    detail::cancellable_handler wrapped(std::move(handler));
                    on_cancel([weak = std::weak_ptr(from), waiting] {
                        if (auto const present = weak.lock())
                            present->queue().cancel(*waiting, asio::error::operation_aborted);
                    });
                    *waiting = from->queue().receive({std::move(executor), std::move(wrapped)});
                },
                token, source_, executor_);
    }

    /// Ends the subscription: what waits in the queue is abandoned, and async_receive that waits
    /// completes as closed. Does nothing a second time.
    void reset() noexcept {
        membership_.reset();
        if (auto const s = std::exchange(source_, nullptr))
            s->end(errc::closed);
    }

private:
    std::shared_ptr<source> source_;
    asio::any_io_executor executor_;
    subscription membership_;
};

namespace detail {

/// Subscribes a receiver.
template <class T, class Group>
struct start_receiving {
    start_subscribe<Group> start;

    template <class Handler>
    void operator()(Handler handler, topic_filter const& what,
                    std::shared_ptr<receiving_subscriber<T>> source) const {
        auto const on_cancel = hook_of(asio::get_associated_cancellation_slot(handler));
        auto executor = executor_of(handler, start.core->executor());
        start.begin(what, source,
                    {std::move(executor),
                     [source, bus = start.core->executor(),
                      handler = cancellable_handler(std::move(handler))](
                         std::error_code error, subscription membership) mutable {
                         if (error)
                             source->end(error);
                         handler(error, receiver<T>(std::move(source), std::move(bus),
                                                    std::move(membership)));
                     }},
                    on_cancel);
    }
};

} // namespace detail
} // namespace hubbub
