// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/error.hpp>
#include <hubbub/event.hpp>
#include <hubbub/flow/transport_interface.hpp>
#include <hubbub/serializer.hpp>
#include <hubbub/statistics.hpp>
#include <hubbub/subscription.hpp>
#include <hubbub/trace.hpp>
#include <hubbub/transport.hpp>
#include <hubbub/typed/bus_core.hpp>
#include <hubbub/typed/group.hpp>
#include <hubbub/typed/operations.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <typeinfo>
#include <utility>

namespace hubbub {

template <class Transport, class Serializer, class Trace>
class bus;

template <class T>
struct queue_options; // <hubbub/queue.hpp>
template <class T>
class receiver; // <hubbub/receiver.hpp>

namespace detail {

template <class T, class Sink, class Executor>
class queued_subscriber; // <hubbub/queue.hpp>
template <class T>
class receiving_subscriber; // <hubbub/receiver.hpp>
template <class T, class Group>
struct start_receiving; // <hubbub/receiver.hpp>

/// The core of a bus, without its types: a part of it that outlives it.
template <class Transport, class Serializer, class Trace>
std::shared_ptr<bus_core> core_of(bus<Transport, Serializer, Trace> const& of) {
    return of.core_;
}

} // namespace detail

/// Publishes typed messages and subscribes to them, over a Transport, encoded by a Serializer.
///
/// It adds types and queues, and no thread: several buses, with other serializers, may share a
/// transport. Trace, if there is one, is told of each message (trace.hpp).
///
/// Delivery:      at most once; see the transport's page for what is promised beyond it.
/// Ordering:      one publisher's messages on one topic reach each sink in the order published. A
///                publish from inside a sink is delivered after the message at hand has reached
///                all its sinks.
/// Errors:        values: those of hubbub::errc, of the serializer, and from the transport's I/O;
///                subscribe without a std::error_code alone throws. What concerns no one call is an
///                event.
/// Thread safety: all functions, from any thread. A sink may call all of them, reset any
///                subscription and destroy the bus. No lock is held while a sink runs.
/// Lifetime:      the bus keeps a handle on the transport. Its subscriptions end with it. It may end
///                while other threads run handlers of it, but none of its functions.
///
/// @code
/// hubbub::bus bus{transport, hubbub::json_serializer{}};
/// auto sub = bus.subscribe<chat_message>("room.42", [](chat_message const& m) { ... });
/// if (auto refused = bus.publish("room.42", chat_message{"ada", "hi"}))
///     std::cerr << refused.message();
/// @endcode
template <class Transport, class Serializer, class Trace = no_trace>
class bus {
    static_assert(!std::is_same_v<Serializer, detail::no_type>,
                  "hubbub: a bus needs a serializer: hubbub::bus bus{transport, "
                  "hubbub::json_serializer{}}");
    static_assert(transport<Transport>,
                  "hubbub: bus<Transport, Serializer>: Transport does not model "
                  "hubbub::transport; the notes below name what it lacks");
    static_assert(!in_place<Serializer> || detail::carries_objects<Transport>,
                  "hubbub: bus<Transport, Serializer>: this Transport carries bytes, and "
                  "in_place_serializer makes none; use one that encodes (json_serializer), or "
                  "local_transport");

    using model = detail::transport_model<Transport>;
    using core_type = detail::typed_core<Serializer, Trace>;
    template <class T>
    using group = detail::group_of<Serializer, Trace, T>;

public:
    using transport_type = Transport;
    using serializer_type = Serializer;
    using trace_type = Trace;

    explicit bus(Transport transport, Serializer serializer = {}, Trace trace = {})
        : transport_(new model(std::move(transport))),
          core_(core_type::make(transport_, std::move(serializer), std::move(trace))) {}

    bus(bus const&) = delete;
    bus& operator=(bus const&) = delete;
    ~bus() { core_->close(); }

    asio::any_io_executor get_executor() const { return core_->executor(); }
    /// Returns the handle that the bus keeps; valid while the bus lives.
    Transport& transport() const noexcept { return static_cast<model&>(*transport_).handle; }
    Serializer const& serializer() const noexcept { return core_->serializer; }
    Trace& trace() const noexcept { return *core_->typed_trace; }

    /// Publishes message on topic; never blocks. The message is encoded before this returns.
    ///
    /// Errors: why it was refused, and then nobody gets it: closed, queue_full, empty_name,
    ///         name_too_long, payload_too_large, or the serializer's. Success means accepted: what
    ///         happens to it later is in the statistics and events. async_publish tells it.
    template <class T>
    [[nodiscard]] std::error_code publish(std::string_view topic, T&& message) {
        if constexpr (in_place<Serializer>) {
            return hand_over({topic, {}, detail::as_object(std::forward<T>(message))});
        } else if constexpr (requires { serializer().view(message); }) {
            return hand_over({topic, serializer().view(message), {}});
        } else if constexpr (detail::check_encodes<Serializer, std::remove_cvref_t<T>>()) {
            detail::scratch_buffer bytes;
            if (auto const error = serializer().encode(message, *bytes))
                return core_->refuse(topic, error, {});
            return hand_over({topic, *bytes, {}});
        } else {
            return errc::cannot_encode;
        }
    }

    /// Publishes message on topic, and completes with `void(std::error_code, receiver_count)` when
    /// the backplane has it: with how often it was given out, about once a server; 0: nobody
    /// listens; none if the backplane does not count.
    ///
    /// The message is encoded before this returns, also with a token that starts later; the
    /// operation starts while the bus lives.
    ///
    /// Errors:       those of publish, outcome_unknown if the link fell before the answer, and what
    ///               the backplane answered.
    /// Cancellation: terminal, partial and total; then it completes as outcome_unknown: the message
    ///               goes out, or has.
    template <class T, class Token = detail::no_token>
    auto async_publish(std::string_view topic, T&& message, Token&& token = {}) {
        using signature = void(std::error_code, receiver_count);
        if constexpr (detail::check_encodes<Serializer, std::remove_cvref_t<T>>() &&
                      detail::check_token<Token, signature>())
            return asio::async_initiate<Token, signature>(
                detail::start_publish{core_}, token, std::string(topic),
                detail::outgoing<Serializer, std::remove_cvref_t<T>>(serializer(),
                                                                     std::forward<T>(message)));
    }

    /// Publishes as above, and waits for room if the queue is full, for at most that time. In the
    /// meantime publish and async_publish of this bus are refused as queue_full: nothing overtakes.
    /// If several buses wait, the first message that fits goes out; no room is kept for a large one.
    ///
    /// Errors:       as above; timed_out if there was no room in time; queue_full if as much waits as
    ///               the queue takes, in messages or bytes, or as the budget has left.
    /// Cancellation: terminal, partial and total. While it waits, nobody gets the message, and it
    ///               completes as asio::error::operation_aborted; later, as above.
    template <class T, class Token>
    auto async_publish(std::string_view topic, T&& message, wait_up_to patience, Token&& token) {
        using signature = void(std::error_code, receiver_count);
        if constexpr (detail::check_encodes<Serializer, std::remove_cvref_t<T>>() &&
                      detail::check_token<Token, signature>())
            return asio::async_initiate<Token, signature>(
                detail::start_patient_publish{core_, patience.at_most}, token, std::string(topic),
                detail::outgoing<Serializer, std::remove_cvref_t<T>>(serializer(),
                                                                     std::forward<T>(message)));
    }

    /// Calls sink, as `sink(T const&)` or `sink(std::string_view topic, T const&)`, for each
    /// message that passes the filter: on a topic, or with pattern{"room.*"} on all that match.
    ///
    /// While the link is down the subscription is recorded, and becomes active with the link;
    /// async_subscribe tells when. A payload that is no T is counted and told by
    /// message_malformed. T may be a view into the payload (std::string_view), valid during the
    /// call.
    ///
    /// Errors: closed, or what ended the transport; empty_name, name_too_long, patterns_unsupported:
    ///         thrown as std::system_error, or put into error, beside an empty subscription.
    template <class T = detail::no_type, class Sink>
    subscription subscribe(topic_filter const& what, Sink sink) {
        return subscribe_direct<T>(what, std::move(sink), nullptr);
    }
    template <class T = detail::no_type, class Sink>
    subscription subscribe(topic_filter const& what, Sink sink, std::error_code& error) {
        return subscribe_direct<T>(what, std::move(sink), &error);
    }

    /// Subscribes as above, with a queue between the transport and the sink: a sink that is slow
    /// delays no other. The sink runs on its associated executor (asio::bind_executor), one message
    /// at a time; a sink that blocks needs one apart from the bus's. Include <hubbub/queue.hpp>.
    /// Errors: as above.
    template <class T = detail::no_type, class Sink>
    subscription subscribe(topic_filter const& what, queue_options<T> queue, Sink sink) {
        return subscribe_queued<T>(what, std::move(queue), std::move(sink), nullptr);
    }
    template <class T, class Sink>
    subscription subscribe(topic_filter const& what, queue_options<T> queue, Sink sink,
                           std::error_code& error) {
        return subscribe_queued<T>(what, std::move(queue), std::move(sink), &error);
    }

    /// Subscribes without a sink: messages wait in a queue, and receiver::async_receive takes them
    /// out. Include <hubbub/receiver.hpp>. Errors: as above, beside a receiver that says why.
    template <class T = detail::no_type>
    auto subscribe(topic_filter const& what, queue_options<T> queue) {
        return subscribe_receiver<T>(what, std::move(queue), nullptr);
    }
    template <class T>
    auto subscribe(topic_filter const& what, queue_options<T> queue, std::error_code& error) {
        return subscribe_receiver<T>(what, std::move(queue), &error);
    }

    /// Subscribes a sink, and completes with `void(std::error_code, subscription)` when the
    /// subscription is active: every later publish from anywhere reaches it.
    ///
    /// Errors:       closed, empty_name, name_too_long, patterns_unsupported, or why the backplane
    ///               refuses it.
    /// Cancellation: terminal, partial and total; then it ends the subscription, and completes as
    ///               asio::error::operation_aborted.
    template <class T = detail::no_type, class Sink, class Token = detail::no_token>
    auto async_subscribe(topic_filter what, Sink sink, Token&& token = {}) {
        if constexpr (detail::check_subscribable<Serializer, T, Sink>())
            return subscribe_later<T>(std::move(what), detail::direct<T>(std::move(sink)), token);
    }

    /// The same with a queue before the sink, as subscribe has it.
    template <class T, class Sink, class Token>
    auto async_subscribe(topic_filter what, queue_options<T> queue, Sink sink, Token&& token) {
        if constexpr (detail::check_queueable<Serializer, T, Sink>())
            return subscribe_later<T>(std::move(what), queued(std::move(queue), std::move(sink)),
                                      token);
    }

    /// The same without a sink; completes with `void(std::error_code, receiver<T>)`.
    template <class T, class Token = detail::no_token>
    auto async_subscribe(topic_filter what, queue_options<T> queue, Token&& token = {}) {
        using signature = void(std::error_code, receiver<T>);
        if constexpr (detail::check_receivable<Serializer, T>() &&
                      detail::check_token<Token, signature>())
            return asio::async_initiate<Token, signature>(
                detail::start_receiving<T, group<T>>{start_subscribe<T>()}, token, std::move(what),
                receiving(std::move(queue)));
    }

    /// Calls o with each event of the bus and its transport; replaces the observer set before. It
    /// is called on the transport's executor, or where a sink runs, and must not throw.
    void set_observer(observer o) { core_->set_observer(std::move(o)); }
    /// Does not compile.
    template <class F>
        requires(!std::convertible_to<F, observer>)
    void set_observer(F&& /*function*/) {
        static_assert(detail::never<F>,
                      "hubbub: bus::set_observer takes a function of event const&");
    }

    /// Ends this bus in good order: takes no publish any more, waits until what the transport has
    /// accepted is handed over and answered, unsubscribes, and has sinks work off their queues. The
    /// transport and the other buses on it go on: hubbub::async_drain(transport, ...) ends them.
    /// Completes with `void(std::error_code, std::uint64_t undelivered)`.
    ///
    /// Undelivered are the messages that the transport had accepted at the call, from whichever
    /// bus, and that are not answered by the end, or were discarded, displaced, or have an unknown
    /// outcome; and those in the queues of this bus's sinks at the end. Not in it: a publish that
    /// waits for room, which ends as closed; what a receiver has in its queue, where it still can
    /// be had.
    ///
    /// Errors:       timed_out if not all that was done at_most from now; else what closed the
    ///               transport meanwhile, or outcome_unknown if undelivered is not 0.
    /// Cancellation: terminal, partial and total; then it completes as
    ///               asio::error::operation_aborted, and the bus goes on to end.
    template <class Token = detail::no_token>
    auto async_drain(std::chrono::milliseconds at_most, Token&& token = {}) {
        using signature = void(std::error_code, std::uint64_t);
        if constexpr (detail::check_token<Token, signature>())
            return asio::async_initiate<Token, signature>(detail::start_drain{core_}, token,
                                                          at_most);
    }

    /// Does not compile.
    template <std::integral Number, class Token>
    auto async_drain(Number /*at_most*/, Token&& /*token*/) {
        static_assert(detail::never<Token>, "hubbub: the time of async_drain has a unit: "
                                            "std::chrono::seconds(30)");
    }

    /// Returns the state of the link to the backplane.
    link_state state() const { return transport().state(); }

    /// Counts what became of each message so far. The publishing half is the transport's, for all
    /// buses on it.
    hubbub::statistics statistics() const { return core_->read_statistics(); }

private:
    friend std::shared_ptr<detail::bus_core> detail::core_of<>(bus const& of);

    template <class T>
    detail::start_subscribe<group<T>> start_subscribe() const {
        return {core_, &core_->serializer};
    }

    template <class T> // error: null to throw it
    subscription join(topic_filter const& what, std::shared_ptr<detail::message_subscriber> s,
                      std::error_code* error) {
        return core_->join_at_once(what, typeid(T), &group<T>::make, &core_->serializer,
                                   std::move(s), error);
    }

    template <class T, class Token>
    auto subscribe_later(topic_filter what, std::shared_ptr<detail::message_subscriber> s,
                         Token& token) const {
        using signature = void(std::error_code, subscription);
        if constexpr (detail::check_token<Token, signature>())
            return asio::async_initiate<Token, signature>(start_subscribe<T>(), token,
                                                          std::move(what), std::move(s));
    }

    template <class T, class Sink>
    subscription subscribe_direct(topic_filter const& what, Sink sink, std::error_code* error) {
        if constexpr (detail::check_subscribable<Serializer, T, Sink>())
            return join<T>(what, detail::direct<T>(std::move(sink)), error);
    }

    template <class T, class Sink>
    subscription subscribe_queued(topic_filter const& what, queue_options<T> queue, Sink sink,
                                  std::error_code* error) {
        if constexpr (detail::check_queueable<Serializer, T, Sink>())
            return join<T>(what, queued(std::move(queue), std::move(sink)), error);
    }

    template <class T>
    auto subscribe_receiver(topic_filter const& what, queue_options<T> queue,
                            std::error_code* error) {
        if constexpr (detail::check_receivable<Serializer, T>()) {
            auto source = receiving(std::move(queue));
            auto membership = join<T>(what, source, error);
            if (!membership)
                source->end(error && *error ? *error : errc::closed);
            return receiver<T>(std::move(source), get_executor(), std::move(membership));
        }
    }

    template <class T, class Sink>
    std::shared_ptr<detail::message_subscriber> queued(queue_options<T> queue, Sink sink) const {
        auto executor = detail::executor_of(sink, get_executor());
        return std::make_shared<detail::queued_subscriber<T, Sink, decltype(executor)>>(
            std::move(sink), std::move(executor), std::move(queue), core_->shared_report(),
            transport().limits().budget);
    }

    template <class T>
    std::shared_ptr<detail::receiving_subscriber<T>> receiving(queue_options<T> queue) const {
        return std::make_shared<detail::receiving_subscriber<T>>(
            std::move(queue), core_->shared_report(), transport().limits().budget);
    }

    /// Publishes at the transport directly, not through the virtual functions of its interface.
    std::error_code hand_over(message_view const& message) {
        if constexpr (detail::traces_publish<Trace>) {
            return core_->publish(message);
        } else {
            if (core_->refuses())
                if (auto const error = core_->refusal())
                    return core_->refuse(message.topic, error, {});
            return transport().publish(message, {});
        }
    }

    // Behind the interface, whose shared_ptr the compiler has made for all.
    std::shared_ptr<detail::transport_interface> transport_;
    std::shared_ptr<core_type> core_;
};

/// Deduces a bus without a serializer, which does not compile and says so.
template <class Transport>
bus(Transport) -> bus<Transport, detail::no_type>;

namespace detail {

template <class T>
constexpr bool is_bus = false;
template <class Transport, class Serializer, class Trace>
constexpr bool is_bus<bus<Transport, Serializer, Trace>> = true;

} // namespace detail

/// Any bus: code that is written against it runs on every transport with every serializer.
template <class T>
concept message_bus = detail::is_bus<T>;

} // namespace hubbub
