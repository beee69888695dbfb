// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/base/shared_list.hpp>
#include <hubbub/error.hpp>
#include <hubbub/flow/counter.hpp>
#include <hubbub/serializer.hpp>
#include <hubbub/subscription.hpp>
#include <hubbub/trace.hpp>
#include <hubbub/transport.hpp>

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <typeinfo>
#include <utility>
#include <vector>

namespace hubbub::detail {

class bus_core; // whose header brings the definitions of group, which need it
class bus_report;

/// The counts of a bus: its half of the statistics.
struct bus_counts {
    /// Publishes that the transport never saw.
    counter refused_here;
    /// Publishes are refused: others wait for room, or the bus has ended.
    std::atomic<bool> refuses = false;
    std::atomic<std::uint64_t> publishes_waiting = 0;
    std::atomic<std::uint64_t> bytes_waiting = 0;

    counter received_bytes;
    counter delivered;
    counter malformed;
    counter failed;
    counter dropped_oldest;
    counter dropped_newest;
    counter superseded;
    counter abandoned;
    counter disconnected;
    std::atomic<std::uint64_t> pending = 0;
    std::atomic<std::uint64_t> pending_bytes = 0;
    high_water depth;
};

/// The outcome of a message at one subscriber.
enum class delivery { done, queued, overrun, rejected };

/// A subscriber to messages, of a type that its group knows.
struct message_subscriber : subscriber {};

/// One to messages of this type.
template <class T>
struct subscriber_of : message_subscriber {
    /// May throw what a sink throws.
    virtual delivery call(std::string_view topic, T const& message, std::size_t bytes) = 0;
};

/// Owns s. Not by make_shared, which instantiates as much again for each type.
std::shared_ptr<message_subscriber> shared(message_subscriber* s);

template <class T, class Sink>
void call_sink(Sink& sink, std::string_view topic, T const& message) {
    if constexpr (std::invocable<Sink&, std::string_view, T const&>)
        std::invoke(sink, topic, message);
    else
        std::invoke(sink, message);
}

/// Calls the user's sink where the transport delivers.
template <class T, class Sink>
class direct_subscriber final : public subscriber_of<T> {
public:
    explicit direct_subscriber(Sink sink) : sink_(std::move(sink)) {}

    delivery call(std::string_view topic, T const& message, std::size_t /*bytes*/) override {
        call_sink(sink_, topic, message);
        return delivery::done;
    }

private:
    Sink sink_;
};

/// The subscribers of one filter and one message type of a bus, which are one sink of its
/// transport: a message is decoded once for all of them.
class group : public subscriber_group {
public:
    /// Makes a group; typed is the pointer that the bus gave with it.
    using maker = group* (*)(topic_filter const& what, std::shared_ptr<bus_core> core,
                             void const* typed);

    group(topic_filter const& what, std::type_info const& type, std::shared_ptr<bus_core> core);
    ~group() override;

    topic_filter const& what() const noexcept { return what_; }
    bool is_of(topic_filter const& what, std::type_info const& type) const noexcept {
        return *type_ == type && what_ == what;
    }

    void add(std::shared_ptr<message_subscriber> s);
    void remove(subscriber const& s) noexcept override;
    /// True if none is left.
    bool erase(subscriber const& s);
    void deactivate();

protected:
    using entry_list = shared_list<std::shared_ptr<message_subscriber>>;
    using entries = std::vector<std::shared_ptr<message_subscriber>>;

    entry_list::snapshot read() const {
        std::shared_lock const lock(mutex_);
        return entries_.read();
    }

    /// The message is none of the type.
    void reject(entries const& all, std::string_view topic, std::error_code reason);

    /// Hands a message of type T to all that are active. Returns how many there were. A template
    /// for the sake of the hot path, into which it is to be inlined.
    template <class T>
    std::size_t call_all(entries const& all, std::string_view topic, T const& message,
                         std::size_t bytes) {
        std::uint64_t delivered = 0;
        std::size_t sinks = 0;
        for (auto const& s : all)
            if (s->active.load(std::memory_order_acquire)) {
                ++sinks;
                delivered += call(static_cast<subscriber_of<T>&>(*s), topic, message, bytes);
            }
        counts_->delivered.add(delivered);
        return sinks;
    }

    /// 1 if that was all: not failed, nor only queued.
    template <class T>
    std::uint64_t call(subscriber_of<T>& s, std::string_view topic, T const& message,
                       std::size_t bytes) {
        try {
            auto const outcome = s.call(topic, message, bytes);
            if (outcome == delivery::overrun)
                disconnect(s, topic);
            return outcome == delivery::done ? 1 : 0;
        } catch (...) { // whatever a sink throws is told to the bus's owner
            sink_threw(topic);
            return 0;
        }
    }

    bus_counts& counts() const noexcept { return *counts_; }

    /// Tells the trace of the bus.
    void tell_delivery(std::string_view topic, std::size_t bytes, std::size_t sinks);

private:
    /// Counts and tells the exception that is handled just now.
    void sink_threw(std::string_view topic);
    void disconnect(message_subscriber& s, std::string_view topic);

    topic_filter const what_;
    std::type_info const* const type_;
    std::shared_ptr<bus_core> const core_;
    bus_report* const report_;        // the core's
    bus_counts* const counts_;        // the report's
    mutable std::shared_mutex mutex_; // guards entries_
    entry_list entries_;
};

/// One for messages of type T.
template <class Serializer, class Trace, class T>
class group_of final : public group {
public:
    group_of(topic_filter const& what, std::shared_ptr<bus_core> core, void const* serializer)
        : group(what, typeid(T), std::move(core)),
          serializer_(static_cast<Serializer const*>(serializer)) {}

    static std::type_info const& type() noexcept { return typeid(T); }
    static group* make(topic_filter const& what, std::shared_ptr<bus_core> core,
                       void const* serializer) {
        return new group_of(what, std::move(core), serializer);
    }

    void deliver(message_view const& message) noexcept override {
        auto const all = read();
        if constexpr (in_place<Serializer>) {
            if (auto const* const object = message.object.template get<T>())
                return call_typed(*all, message.topic, *object, sizeof(T));
            reject(*all, message.topic, errc::malformed_payload);
        } else if (message.object) { // another bus's, on the same topic
            reject(*all, message.topic, errc::malformed_payload);
        } else {
            T value{};
            if (auto const error = serializer_->decode(message.payload, value))
                return reject(*all, message.topic, error);
            call_typed(*all, message.topic, value, message.payload.size());
        }
    }

private:
    void call_typed(entries const& all, std::string_view topic, T const& value, std::size_t bytes) {
        auto const sinks = call_all(all, topic, value, bytes);
        if constexpr (!in_place<Serializer>)
            counts().received_bytes.add(bytes * sinks);
        if constexpr (traces_delivery<Trace>)
            tell_delivery(topic, bytes, sinks);
    }

    Serializer const* const serializer_; // the core's
};

/// Gets a message as it came, bytes or an object; an error says that it is malformed.
using raw_sink = std::function<std::error_code(message_view const&)>;

} // namespace hubbub::detail
