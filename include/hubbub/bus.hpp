// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/detail/bus_core.hpp>
#include <hubbub/detail/outgoing.hpp>
#include <hubbub/error.hpp>
#include <hubbub/serializer.hpp>
#include <hubbub/subscription.hpp>
#include <hubbub/transport.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

namespace hubbub {

namespace detail {

/// False too for what is no transport: the assertion on the concept speaks of that.
template <class Transport>
constexpr bool carries_objects = [] {
    if constexpr (has_traits<Transport>)
        return Transport::traits.carries_objects;
    else
        return true;
}();

} // namespace detail

/// Publishes typed messages and subscribes to them, over a Transport, encoded by a Serializer.
///
/// It adds types and nothing else: several buses, with other serializers, may share a transport.
///
/// Delivery:      at most once; see the transport's page for what is promised beyond it.
/// Ordering:      one publisher's messages on one topic reach each sink in the order published. A
///                publish from inside a sink is delivered after the message at hand has reached
///                all its sinks.
/// Errors:        values, never exceptions: those of hubbub::errc, of the serializer, and from the
///                transport's I/O. What concerns no one call is an event.
/// Thread safety: all functions, from any thread. A sink may call all of them, reset any
///                subscription and destroy the bus. No lock is held while a sink runs.
/// Lifetime:      the bus borrows the transport, which outlives it. Its subscriptions end with it.
///
/// @code
/// hubbub::bus bus{transport, hubbub::json_serializer{}};
/// auto sub = bus.subscribe<chat_message>("room.42", [](chat_message const& m) { ... });
/// bus.publish("room.42", chat_message{"ada", "hi"});
/// @endcode
template <class Transport, class Serializer>
class bus {
    static_assert(transport<Transport>, "bus<Transport, Serializer>: Transport does not model "
                                        "hubbub::transport; the notes below name what it lacks");
    static_assert(!in_place<Serializer> || detail::carries_objects<Transport>,
                  "bus<Transport, Serializer>: this Transport carries bytes, and "
                  "in_place_serializer makes none; use one that encodes (json_serializer), or "
                  "local_transport");

    using core_type = detail::bus_core<Transport, Serializer>;

public:
    using transport_type = Transport;
    using serializer_type = Serializer;

    explicit bus(Transport& transport, Serializer serializer = {})
        : core_(std::make_shared<core_type>(transport, std::move(serializer))) {
        core_->start();
    }

    bus(bus const&) = delete;
    bus& operator=(bus const&) = delete;
    ~bus() { core_->close(); }

    asio::any_io_executor get_executor() const { return core_->transport().get_executor(); }
    Transport& transport() const noexcept { return core_->transport(); }
    Serializer const& serializer() const noexcept { return core_->serializer(); }

    /// Publishes message on topic; never blocks. The message is encoded before this returns.
    ///
    /// Errors: why it was refused, and then nobody gets it: closed, queue_full, empty_name,
    ///         name_too_long, payload_too_large, or the serializer's. Success means accepted: what
    ///         happens to it later is in the statistics and events. async_publish tells it.
    template <class T>
    std::error_code publish(std::string_view topic, T&& message) {
        detail::require_encodes<Serializer, T>();
        if constexpr (encodes<Serializer, std::remove_cvref_t<T>>)
            return core_->publish(topic, std::forward<T>(message));
    }

    /// Publishes message on topic, and completes with `void(std::error_code, std::size_t)` when the
    /// backplane has it: with how often it was given out, about once a server; 0: nobody listens.
    ///
    /// The message is encoded before this returns, also with a token that starts later; the
    /// operation starts while the bus lives.
    ///
    /// Errors: those of publish, outcome_unknown if the link fell before the answer, and what the
    ///         backplane answered.
    template <class T, class Token>
    auto async_publish(std::string_view topic, T&& message, Token&& token) {
        detail::require_encodes<Serializer, T>();
        if constexpr (encodes<Serializer, std::remove_cvref_t<T>>)
            return asio::async_initiate<Token, void(std::error_code, std::size_t)>(
                [core = core_](auto handler, std::string const& name, auto outgoing) {
                    auto executor = detail::executor_of(handler, core->transport().get_executor());
                    core->publish(name, outgoing, {std::move(executor), std::move(handler)});
                },
                token, std::string(topic),
                detail::outgoing<Serializer, std::remove_cvref_t<T>>(serializer(),
                                                                     std::forward<T>(message)));
    }

    /// Calls sink, as `sink(T const&)` or `sink(std::string_view topic, T const&)`, for each message
    /// on a topic, or with pattern{"room.*"} on all that match.
    ///
    /// While the link is down the subscription is recorded, and becomes active with the link;
    /// async_subscribe tells when. A payload that is no T is counted and told by
    /// message_malformed. T may be a view into the payload (std::string_view), valid during the
    /// call.
    ///
    /// Errors: an empty subscription if the name is empty or too long, or the bus is closed;
    ///         async_subscribe says which.
    template <class T, class Sink>
    subscription subscribe(interest what, Sink sink) {
        detail::require_decodes<Serializer, T, Sink>();
        if constexpr (detail::subscribable<Serializer, T, Sink>) {
            auto joined = core_->template join<T>(what, std::move(sink));
            if (core_->activate(joined, {}))
                return {};
            return std::move(joined.membership);
        }
    }

    /// The same, and completes with `void(std::error_code, subscription)` when the subscription is
    /// active: every later publish from anywhere reaches it.
    ///
    /// Errors: closed, empty_name, name_too_long, or why the backplane refuses it.
    template <class T, class Sink, class Token>
    auto async_subscribe(interest what, Sink sink, Token&& token) {
        detail::require_decodes<Serializer, T, Sink>();
        if constexpr (detail::subscribable<Serializer, T, Sink>)
            return asio::async_initiate<Token, void(std::error_code, subscription)>(
                [core = core_](auto handler, std::string const& name, bool is_pattern, Sink s) {
                    auto executor = detail::executor_of(handler, core->transport().get_executor());
                    auto joined = core->template join<T>(
                        is_pattern ? interest(pattern{name}) : interest(name), std::move(s));
                    auto finish = [handler = std::move(handler),
                                   kept = std::move(joined.membership)](auto error) mutable {
                        if (!error && !kept) // the bus ended meanwhile
                            error = errc::closed;
                        if (error)
                            kept.reset();
                        std::move(handler)(error, std::move(kept));
                    };
                    core->activate(joined, {std::move(executor), std::move(finish)});
                },
                token, std::string(what.name), what.is_pattern, std::move(sink));
    }

    /// Gets each event of the bus and its transport; replaces the observer before it. It is called
    /// on the transport's executor, or where a sink runs, and must not throw.
    void on_event(observer o) { core_->on_event(std::move(o)); }

    /// Where the transport stands with its backplane.
    link_state state() const { return core_->transport().state(); }

    /// What became of each message so far. The publishing half is the transport's, for all buses
    /// on it.
    hubbub::statistics statistics() const { return core_->read_statistics(); }

private:
    std::shared_ptr<core_type> core_;
};

namespace detail {

template <class T>
constexpr bool is_bus = false;
template <class Transport, class Serializer>
constexpr bool is_bus<bus<Transport, Serializer>> = true;

} // namespace detail

/// Any bus: code that is written against it runs on every transport with every serializer.
template <class T>
concept message_bus = detail::is_bus<T>;

} // namespace hubbub
