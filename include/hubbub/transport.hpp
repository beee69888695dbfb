// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/completion.hpp>
#include <hubbub/event.hpp>
#include <hubbub/statistics.hpp>

#include <concepts>
#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <typeinfo>
#include <utility>

namespace hubbub {

struct message_limits; // limits.hpp

/// All topics that match a glob, with the meaning it has in Redis: `*`, `?`, `[abc]`, `[^a]`,
/// `[a-z]`, and `\` before a character that stands for itself.
/// Source: redis.io/docs/latest/commands/psubscribe.
struct pattern {
    explicit pattern(std::string_view glob) : text(glob) {}

    std::string text;
};

/// The topics that a subscription is for: one by its exact name, or all that match a pattern. It
/// owns the name.
struct topic_filter {
    // NOLINTBEGIN(google-explicit-constructor): a name is the common case, and reads as one.
    topic_filter(std::string topic) : name(std::move(topic)) {}
    topic_filter(std::string_view topic) : name(topic) {}
    topic_filter(char const* topic) : name(topic) {}
    topic_filter(pattern glob) : name(std::move(glob.text)), is_pattern(true) {}
    // NOLINTEND(google-explicit-constructor)
    topic_filter(std::string_view name_or_glob, bool is_glob)
        : name(name_or_glob), is_pattern(is_glob) {}

    bool operator==(topic_filter const&) const = default;

    std::string name;
    bool is_pattern = false;
};

/// An object on its way through a process, unencoded.
class object_view {
public:
    object_view() = default;

    /// Returns a view of an object that keep copies.
    template <class T>
    static object_view copied(T const& object) {
        return {&object, typeid(T), [](void const* address) -> std::shared_ptr<void const> {
                    return std::make_shared<T const>(*static_cast<T const*>(address));
                }};
    }

    /// Returns a view of an object that keep moves, so that it can be kept once.
    template <class T>
    static object_view moved(T& object) {
        return {&object, typeid(T), [](void const* address) -> std::shared_ptr<void const> {
                    auto* const source = static_cast<T*>(const_cast<void*>(address));
                    return std::make_shared<T const>(std::move(*source));
                }};
    }

    /// The object as a T, or null if it is no T.
    template <class T>
    T const* get() const noexcept {
        return type_ != nullptr && *type_ == typeid(T) ? static_cast<T const*>(address_) : nullptr;
    }

    explicit operator bool() const noexcept { return address_ != nullptr; }

    /// Makes the object outlive the call it was passed in.
    std::shared_ptr<void const> keep() const { return owner_ ? *owner_ : keep_(address_); }

    /// The same object where keep has put it: keeping this one shares it. owner outlives it.
    object_view kept_by(std::shared_ptr<void const> const& owner) const noexcept {
        object_view kept = *this;
        kept.address_ = owner.get();
        kept.owner_ = &owner;
        return kept;
    }

private:
    using keep_function = std::shared_ptr<void const> (*)(void const*);

    object_view(void const* address, std::type_info const& type, keep_function k) noexcept
        : address_(address), type_(&type), keep_(k) {}

    void const* address_ = nullptr;
    std::type_info const* type_ = nullptr;
    keep_function keep_ = nullptr;
    std::shared_ptr<void const> const* owner_ = nullptr;
};

/// A message as a transport carries it: bytes, or an object, if the transport's trait
/// carries_objects is true. Everything in it is valid during the call that passes it.
struct message_view {
    std::string_view topic;
    std::string_view payload;
    object_view object = {};
    accounting counted = accounting::message;
};

namespace detail {

/// A message that waits to be given to a transport: bytes, or an object with what keeps it.
struct outgoing_message {
    outgoing_message(std::string encoded) // NOLINT(google-explicit-constructor)
        : bytes(std::move(encoded)) {}

    /// An object that owner keeps. The transport shares it; or else copies it, if it keeps it.
    outgoing_message(std::shared_ptr<void const> kept_by, object_view seen, bool shares)
        : owner(std::move(kept_by)), object(seen), shared(shares) {}

    /// Valid while this is in its place.
    message_view view(std::string_view topic) const noexcept {
        return {topic, bytes, shared ? object.kept_by(owner) : object};
    }

    std::string bytes;
    std::shared_ptr<void const> owner;
    object_view object;
    bool shared = false;
};

} // namespace detail

/// Gets each message of one filter. The transport shares it, and calls it without any lock.
class message_sink {
public:
    message_sink() = default;
    message_sink(message_sink const&) = delete;
    message_sink& operator=(message_sink const&) = delete;
    virtual ~message_sink() = default;

    virtual void deliver(message_view const& message) noexcept = 0;
};

/// How often the backplane gave a message out: once for each server that subscribed its topic, and
/// on Redis once more for each pattern of it that matches. 0: nobody listens. None: the backplane
/// does not count (transport_traits::counts_receivers).
using receiver_count = std::optional<std::size_t>;

/// The handler of a publish: it gets an error, or that count.
using publish_completion = completion<std::error_code, receiver_count>;

/// The handler of a subscribe: no error means that the subscription is active.
using subscribe_completion = completion<std::error_code>;

/// The patterns that a transport can subscribe.
enum class pattern_support {
    /// None: they are refused, as patterns_unsupported.
    none,
    /// Globs, as `pattern` describes them.
    glob,
};

/// The promises of a transport beyond the contract that all keep. The conformance suite picks its
/// cases from these.
struct transport_traits {
    /// All servers see the messages of a topic in one order.
    bool agreed_order = false;
    /// Sinks run on the transport's executor, one at a time; else on the thread that publishes.
    /// `sequenced` and testing::faulty need it.
    bool serial_delivery = true;
    /// Objects travel as they are. in_place_serializer needs it.
    bool carries_objects = false;
    /// A publish is told how many servers got it. A hub on a transport that does not count learns
    /// only from beacons and time limits that a server is gone.
    bool counts_receivers = true;
    /// The patterns that it can subscribe. matches (transport/matches.hpp) helps a transport whose
    /// backplane has none.
    pattern_support patterns = pattern_support::glob;
    /// The most that the backplane can take, whatever message_limits say: a name, and a payload, in
    /// bytes.
    std::size_t max_name_bytes = std::numeric_limits<std::size_t>::max();
    std::size_t max_payload_bytes = std::numeric_limits<std::size_t>::max();
};

namespace detail {
// clang-format off

// One requirement a concept: the compiler then names the missing one.

template <class T>
concept is_a_handle_that_is_copied = std::is_copy_constructible_v<T>;

template <class T>
concept has_executor = requires(T& t) {
    { t.get_executor() } -> std::convertible_to<asio::any_io_executor>;
};

template <class T>
concept has_traits = requires {
    { T::traits } -> std::convertible_to<transport_traits>;
};

template <class T>
concept can_publish = requires(T& t, message_view const& message, publish_completion done) {
    { t.publish(message, std::move(done)) } -> std::same_as<std::error_code>;
};

template <class T>
concept can_subscribe = requires(T& t, topic_filter const& what, std::shared_ptr<message_sink> s,
                                 subscribe_completion done) {
    { t.subscribe(what, s, std::move(done)) } -> std::same_as<std::error_code>;
};

template <class T>
concept can_unsubscribe = requires(T& t, topic_filter const& what, message_sink const& s) {
    { t.unsubscribe(what, s) } noexcept;
};

template <class T>
concept can_observe = requires(T& t, observer o) {
    { t.observe(std::move(o)) } -> std::same_as<std::shared_ptr<void>>;
};

template <class T>
concept has_state = requires(T const& t) {
    { t.state() } -> std::same_as<link_state>;
};

template <class T>
concept has_statistics = requires(T const& t) {
    { t.statistics() } -> std::same_as<hubbub::statistics>;
};

template <class T>
concept has_limits = requires(T const& t) {
    { t.limits() } -> std::same_as<message_limits const&>;
};

template <class T>
concept can_wait_for_room = requires(T& t, std::size_t bytes, completion<std::error_code> done) {
    { t.wait_for_room(bytes, std::move(done)) } -> std::same_as<void>;
};

template <class T>
concept can_flush = requires(T& t, completion<std::error_code> done) {
    { t.flush(std::move(done)) } -> std::same_as<void>;
};

template <class T>
concept can_drain = requires(T& t, completion<std::error_code> done) {
    { t.drain(std::move(done)) } -> std::same_as<void>;
};

template <class T>
concept can_close = requires(T& t) {
    { t.close() } noexcept;
};

/// A transport whose traits are known at run time alone: any_transport.
template <class T>
concept promises_at_run_time = requires(T const& t) {
    { t.promised() } -> std::same_as<transport_traits>;
};

// clang-format on

/// Returns the traits of a transport.
template <class T>
constexpr transport_traits traits_of(T const& t) {
    if constexpr (promises_at_run_time<T>)
        return t.promised();
    else
        return T::traits;
}

} // namespace detail

/// A policy that moves messages between the buses of a backplane. A T is a handle that is cheap to
/// copy: its copies are one transport, which closes when the last of them is gone. A bus keeps one.
///
/// | expression                | returns             | and                                        |
/// |---------------------------|---------------------|--------------------------------------------|
/// | `t.get_executor()`        | an executor         | runs sinks and handlers that have no other |
/// | `T::traits`               | transport_traits    | constexpr: what it promises                |
/// | `t.publish(m, done)`      | `std::error_code`   | any thread; never blocks, refuses at once  |
/// | `t.subscribe(f, s, done)` | `std::error_code`   | recorded at once; done when active         |
/// | `t.unsubscribe(f, s)`     | noexcept            | s gets no later message of f               |
/// | `t.observe(o)`            | `shared_ptr<void>`  | o gets events until the pointer is gone    |
/// | `t.state()`               | link_state          | any thread                                 |
/// | `t.statistics()`          | statistics          | any thread; its publishing half            |
/// | `t.limits()`              | `message_limits     | what it was made with: one object for all  |
/// |                           | const&`             | handles, whose address tells transports    |
/// |                           |                     | apart                                      |
/// | `t.wait_for_room(n, done)`| void                | done when a message of n bytes, its topic  |
/// |                           |                     | with it, would not be refused as queue_full|
/// | `t.flush(done)`           | void                | done when what it has accepted is answered,|
/// |                           |                     | and what has come is delivered; closed if  |
/// |                           |                     | it is closed                               |
/// | `t.drain(done)`           | void                | refuses publishes from now on; done when   |
/// |                           |                     | nothing waits in it any more               |
/// | `t.close()`               | noexcept            | idempotent; all that waits ends as closed  |
///
/// A message is counted in the statistics as its `counted` says.
///
/// A completion that is passed in completes exactly once, also when the call is refused, and never
/// before the call returned; but one that is not wanted any more (is_wanted) may be forgotten.
/// Subscribing the same sink to the same filter again adds nothing, and completes when the filter
/// is active; a sink of several filters gets a message once for each that it matches. The transport
/// calls no sink, observer or handler while it holds a lock. After close, each function that can
/// tell an error tells closed.
///
/// testing/conformance.hpp checks what a compiler cannot: run it on your transport.
/// Models: local_transport, immediate_local_transport, redis_transport, redis_tls_transport,
/// sequenced, any_transport.
template <class T>
concept transport =
    detail::is_a_handle_that_is_copied<T> && detail::has_executor<T> && detail::has_traits<T> &&
    detail::can_publish<T> && detail::can_subscribe<T> && detail::can_unsubscribe<T> &&
    detail::can_observe<T> && detail::has_state<T> && detail::has_statistics<T> &&
    detail::has_limits<T> && detail::can_wait_for_room<T> && detail::can_flush<T> &&
    detail::can_drain<T> && detail::can_close<T>;

} // namespace hubbub
