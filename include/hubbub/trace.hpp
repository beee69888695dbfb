// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/event.hpp>

#include <cstddef>
#include <string_view>
#include <system_error>
#include <utility>

namespace hubbub {

/// A trace is the third policy of a bus: it is told of each message, for logs, spans or counts. It
/// has any of these functions; one that it has not costs nothing.
///
/// | function                              | is called                                            |
/// |---------------------------------------|------------------------------------------------------|
/// | `on_publish(topic, bytes, refused)`   | when a publish was accepted, or refused with an      |
/// |                                       | error; bytes of payload, 0 for an object             |
/// | `on_delivery(topic, bytes, sinks)`    | when a message has been handed to so many            |
/// |                                       | subscriptions of one type, queues among them         |
/// | `on_event(event)`                     | with each event, before the bus's observer           |
///
/// Topics are `std::string_view`, valid during the call. They are called from any thread, several
/// at once, with no lock held, and must not throw. Models: no_trace, topic_ledger.
struct no_trace {};

namespace detail {

// Which of the functions of a trace there are.

template <class Trace>
concept traces_publish = requires(Trace& t, std::string_view topic, std::error_code refused) {
    t.on_publish(topic, std::size_t{}, refused);
};

template <class Trace>
concept traces_delivery = requires(Trace& t, std::string_view topic) {
    t.on_delivery(topic, std::size_t{}, std::size_t{});
};

template <class Trace>
concept traces_events = requires(Trace& t, event const& e) { t.on_event(e); };

/// A trace of whatever type, with all the functions.
class trace_interface {
public:
    trace_interface() = default;
    trace_interface(trace_interface const&) = delete;
    trace_interface& operator=(trace_interface const&) = delete;
    virtual ~trace_interface() = default;

    /// Whether on_publish does anything.
    virtual bool tells_publish() const noexcept = 0;
    virtual void on_publish(std::string_view topic, std::size_t bytes, std::error_code refused) = 0;
    virtual void on_delivery(std::string_view topic, std::size_t bytes, std::size_t sinks) = 0;
    virtual void on_event(event const& e) = 0;
};

template <class Trace>
class trace_model final : public trace_interface {
public:
    explicit trace_model(Trace t) : trace(std::move(t)) {}

    bool tells_publish() const noexcept override { return traces_publish<Trace>; }

    void on_publish(std::string_view topic, std::size_t bytes, std::error_code refused) override {
        if constexpr (traces_publish<Trace>)
            trace.on_publish(topic, bytes, refused);
    }

    void on_delivery(std::string_view topic, std::size_t bytes, std::size_t sinks) override {
        if constexpr (traces_delivery<Trace>)
            trace.on_delivery(topic, bytes, sinks);
    }

    void on_event(event const& e) override {
        if constexpr (traces_events<Trace>)
            trace.on_event(e);
    }

    [[no_unique_address]] Trace trace;
};

} // namespace detail
} // namespace hubbub
