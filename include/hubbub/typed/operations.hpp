// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/error.hpp>
#include <hubbub/flow/transport_interface.hpp>
#include <hubbub/serializer.hpp>
#include <hubbub/trace.hpp>
#include <hubbub/transport.hpp>
#include <hubbub/typed/bus_core.hpp>
#include <hubbub/typed/group.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

// The functions of a bus take messages and sinks of any type, which these turn into what its core
// takes; and its asynchronous operations are started here once their tokens have become handlers:
// templates over the handler alone, where they can be.
namespace hubbub {

template <class T>
class receiver; // <hubbub/receiver.hpp>

/// Limits how long async_publish waits for room in the outgoing queue.
struct wait_up_to {
    template <class Rep, class Period>
    constexpr wait_up_to(
        std::chrono::duration<Rep, Period> limit) // NOLINT(google-explicit-constructor)
        : at_most(limit > std::chrono::hours(24 * 365)
                      ? std::chrono::milliseconds::max()
                      : std::chrono::ceil<std::chrono::milliseconds>(limit)) {}

    /// Does not compile.
    template <std::integral Number>
    constexpr wait_up_to(Number /*limit*/) : at_most() { // NOLINT(google-explicit-constructor)
        static_assert(detail::never<Number>, "hubbub: the time for which a publish may wait has a "
                                             "unit: std::chrono::milliseconds(500)");
    }

    std::chrono::milliseconds at_most;
};

/// Waits for as long as it takes.
inline constexpr wait_up_to wait_forever{std::chrono::milliseconds::max()};

namespace detail {

/// The core of a bus with its types: the serializer, and the trace.
template <class Serializer, class Trace>
class typed_core final : public bus_core {
public:
    static std::shared_ptr<typed_core> make(std::shared_ptr<transport_interface> const& transport,
                                            Serializer&& serializer, Trace&& trace) {
        // Not by make_shared: it instantiates as much again for each type.
        auto* const model = new trace_model<Trace>(std::move(trace));
        std::shared_ptr<trace_interface> traced(static_cast<trace_interface*>(model));
        std::shared_ptr<bus_core> made(static_cast<bus_core*>(
            new typed_core(transport, std::move(traced), std::move(serializer), model->trace)));
        return std::static_pointer_cast<typed_core>(std::move(made));
    }

    [[no_unique_address]] Serializer const serializer;
    Trace* const typed_trace;

private:
    typed_core(std::shared_ptr<transport_interface> const& transport,
               std::shared_ptr<trace_interface> traced, Serializer&& s, Trace& told)
        : bus_core(transport, std::move(traced)), serializer(std::move(s)), typed_trace(&told) {}
};

/// True too for a type that is no transport: the assertion on the concept speaks of that.
template <class Transport>
constexpr bool carries_objects = [] {
    if constexpr (has_traits<Transport>)
        return Transport::traits.carries_objects;
    else
        return true;
}();

/// Whether a sink takes a T, alone or behind the name of its topic.
template <class Sink, class T>
concept sink_of =
    std::invocable<Sink&, T const&> || std::invocable<Sink&, std::string_view, T const&>;

/// Whether a T may be kept: it is no view of bytes that are gone when the call is over. <ranges>,
/// which <string_view> brings enough of, is heavy.
template <class T>
concept keepable =
    std::copyable<T> && std::default_initializable<T> && !std::ranges::enable_borrowed_range<T>;

/// Whether a T may be kept. If not, says why in one line.
template <class T>
consteval bool check_keepable() {
    constexpr bool possible = keepable<T>;
    static_assert(possible,
                  "hubbub: a message in a queue is kept, so it must be default constructible, "
                  "copyable and no view (std::string, not std::string_view)");
    return possible;
}

/// Whether a Sink takes messages of T, which is named. If not, says why in one line.
template <class Serializer, class T, class Sink>
consteval bool check_sink() {
    constexpr bool is_plain = std::is_same_v<T, std::remove_cvref_t<T>>;
    constexpr bool awaits =
        is_coroutine<Sink, T const&> || is_coroutine<Sink, std::string_view, T const&>;
    constexpr bool can_be_made = in_place<Serializer> || std::default_initializable<T>;
    constexpr bool is_sink = sink_of<Sink, T>; // of a concept the compiler would tell more
    if constexpr (!is_plain)
        static_assert(is_plain, "hubbub: the type of the messages is named without const and &");
    else if constexpr (awaits)
        static_assert(!awaits, "hubbub: a sink is no coroutine, since nobody would await it; use "
                               "asio::co_spawn in it, or await the messages of a receiver");
    else if constexpr (!check_decodes<Serializer, T>())
        return false;
    else if constexpr (!can_be_made)
        static_assert(can_be_made,
                      "hubbub: a message type that is decoded needs a default constructor");
    else if constexpr (std::is_member_function_pointer_v<Sink>)
        static_assert(is_sink, "hubbub: a member function is called on an object: pass "
                               "[&object](auto const& message) { object.f(message); }");
    else
        static_assert(is_sink, "hubbub: the sink is to be callable as sink(T const&) or "
                               "sink(std::string_view topic, T const&)");
    return is_plain && !awaits && can_be_made && is_sink;
}

/// Whether a subscription is possible. If not, says why in one line.
template <class Serializer, class T, class Sink>
consteval bool check_subscribable() {
    constexpr bool is_named = !std::is_same_v<T, no_type>;
    static_assert(is_named, "hubbub: the type of the messages is to be named: subscribe<T>");
    if constexpr (!is_named)
        return false;
    else
        return check_sink<Serializer, T, Sink>();
}

/// Whether a subscription with a queue is possible. If not, says why in one line.
template <class Serializer, class T, class Sink = void (*)(T const&)>
consteval bool check_queueable() {
    return check_subscribable<Serializer, T, Sink>() && check_keepable<T>();
}

/// Whether a receiver of T is possible. If not, says why in one line.
template <class Serializer, class T>
consteval bool check_receivable() {
    constexpr bool is_there = requires { sizeof(receiver<T>); };
    static_assert(is_there, "hubbub: a subscription without a sink gives a receiver, which needs "
                            "<hubbub/receiver.hpp>");
    return is_there && check_queueable<Serializer, T>();
}

template <class T, class Sink>
std::shared_ptr<message_subscriber> direct(Sink sink) {
    return shared(new direct_subscriber<T, Sink>(std::move(sink)));
}

/// A message that waits for its operation to start: its bytes, or why there are none.
template <class Serializer, class T>
struct outgoing {
    outgoing(Serializer const& serializer, T const& message)
        : error(serializer.encode(message, bytes)) {}

    std::string bytes;
    std::error_code error;
};

/// A message that waits for its operation to start: the object.
template <in_place Serializer, class T>
struct outgoing<Serializer, T> {
    template <class U>
    outgoing(Serializer const& /*serializer*/, U&& message)
        : object(std::make_unique<T>(std::forward<U>(message))) {}

    std::unique_ptr<T> object;
};

/// The object as a transport takes it: it is moved from, if it must be kept and may be moved.
template <class T>
object_view as_object(T&& message) {
    using value = std::remove_cvref_t<T>;
    if constexpr (std::is_lvalue_reference_v<T> || std::is_const_v<std::remove_reference_t<T>>) {
        static_assert(std::copy_constructible<value>,
                      "hubbub: a message that cannot be copied is to be moved into publish");
        return object_view::copied(message);
    } else {
        return object_view::moved(message);
    }
}

/// A buffer of this thread for one encoding at a time; an encode that publishes gets another.
class scratch_buffer {
public:
    scratch_buffer() : buffer_(std::exchange(kept(), {})) { buffer_.clear(); }
    scratch_buffer(scratch_buffer const&) = delete;
    scratch_buffer& operator=(scratch_buffer const&) = delete;
    ~scratch_buffer() {
        if (buffer_.capacity() <= largest_kept)
            kept() = std::move(buffer_);
    }

    std::string& operator*() noexcept { return buffer_; }

private:
    static constexpr std::size_t largest_kept = std::size_t{64} << 10;

    static std::string& kept() {
        thread_local std::string buffer;
        return buffer;
    }

    std::string buffer_;
};

struct start_publish {
    std::shared_ptr<bus_core> core;

    template <class Handler, class Outgoing>
    void operator()(Handler handler, std::string const& topic, Outgoing message) const {
        auto done = cancellable_completion<receiver_count>(std::move(handler), core->executor(),
                                                           errc::outcome_unknown);
        if constexpr (requires { message.object; })
            core->publish({topic, {}, as_object(std::move(*message.object))}, std::move(done));
        else
            core->publish_encoded(topic, message.bytes, message.error, std::move(done));
    }
};

struct start_patient_publish {
    std::shared_ptr<bus_core> core;
    std::chrono::milliseconds at_most;

    template <class Handler, class Outgoing>
    void operator()(Handler handler, std::string topic, Outgoing message) const {
        auto const on_cancel = hook_of(asio::get_associated_cancellation_slot(handler));
        auto executor = executor_of(handler, core->executor());
        publish_completion done(std::move(executor), cancellable_handler(std::move(handler)));
        if constexpr (requires { message.object; }) {
            auto const seen = as_object(std::as_const(*message.object)); // it may be refused
            core->publish_patiently(std::move(topic), {std::move(message.object), seen, false},
                                    at_most, std::move(done), on_cancel);
        } else if (message.error) {
            core->refuse(topic, message.error, std::move(done));
        } else {
            core->publish_patiently(std::move(topic), std::move(message.bytes), at_most,
                                    std::move(done), on_cancel);
        }
    }
};

template <class Group>
struct start_subscribe {
    std::shared_ptr<bus_core> core;
    void const* serializer;

    template <class Handler>
    void operator()(Handler handler, topic_filter const& what,
                    std::shared_ptr<message_subscriber> s) const {
        auto const on_cancel = hook_of(asio::get_associated_cancellation_slot(handler));
        auto executor = executor_of(handler, core->executor());
        begin(what, std::move(s), {std::move(executor), cancellable_handler(std::move(handler))},
              on_cancel);
    }

    void begin(topic_filter const& what, std::shared_ptr<message_subscriber> s,
               bus_core::subscription_completion done, cancel_hook const& on_cancel) const {
        core->join_and_tell(what, Group::type(), &Group::make, serializer, std::move(s),
                            std::move(done), on_cancel);
    }
};

struct start_drain {
    std::shared_ptr<bus_core> core;

    template <class Handler>
    void operator()(Handler handler, std::chrono::milliseconds at_most) const {
        core->drain(at_most,
                    cancellable_completion<std::uint64_t>(std::move(handler), core->executor()));
    }
};

} // namespace detail
} // namespace hubbub
