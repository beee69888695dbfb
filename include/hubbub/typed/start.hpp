// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/cancellation.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/typed/bus_core.hpp>
#include <hubbub/typed/outgoing.hpp>

#include <asio/associated_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>

#include <chrono>
#include <concepts>
#include <memory>
#include <string>
#include <system_error>
#include <typeinfo>
#include <utility>

// What starts the asynchronous operations of a bus once their tokens have become handlers: these are
// templates over the handler alone, where they can be.
namespace hubbub::detail {

template <class... Results, class Handler>
completion<Results...> completion_of(Handler handler, asio::any_io_executor const& fallback) {
    auto executor = executor_of(handler, fallback);
    return {std::move(executor), std::move(handler)};
}

struct start_publish {
    std::shared_ptr<bus_core> core;

    template <class Handler, class Outgoing>
    void operator()(Handler handler, std::string const& topic, Outgoing message) const {
        auto done =
            completion_of<std::error_code, std::size_t>(std::move(handler), core->executor());
        if constexpr (requires { message.object; })
            core->publish({topic, {}, as_object(std::move(*message.object))}, std::move(done));
        else
            core->publish_encoded(topic, message.bytes, message.error, std::move(done));
    }
};

/// What has a function called when slot is emitted, whatever type it has.
template <class Slot>
cancel_hook hook_of(Slot slot) {
    if constexpr (std::same_as<Slot, asio::cancellation_slot>)
        return slot;
    else
        return cancel_hook(cancel_hook::assigner(cancel_by(slot)));
}

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
    void operator()(Handler handler, std::string const& name, bool is_pattern,
                    std::shared_ptr<message_subscriber> s) const {
        core->join_and_tell(
            is_pattern ? interest(pattern{name}) : interest(name), Group::type(), &Group::make,
            serializer, std::move(s),
            completion_of<std::error_code, subscription>(std::move(handler), core->executor()));
    }
};

struct start_drain {
    std::shared_ptr<bus_core> core;

    template <class Handler>
    void operator()(Handler handler, std::chrono::milliseconds at_most) const {
        core->drain(at_most, completion_of<std::error_code, std::uint64_t>(std::move(handler),
                                                                           core->executor()));
    }
};

} // namespace hubbub::detail
