// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/hub/caller.hpp>
#include <hubbub/hub/calls/method.hpp>
#include <hubbub/hub/frames/answer.hpp>
#include <hubbub/hub/invocation.hpp>
#include <hubbub/hub/typed/typed_method.hpp>

#include <memory>
#include <string_view>
#include <utility>

namespace hubbub {

namespace detail {

class method_table;

std::shared_ptr<method_table> make_method_table();
void set_method(method_table& methods, std::string_view name, std::shared_ptr<method> m);

/// Calls a method, and gives its answer to the caller that waits. If none waits, throws why the
/// method failed.
void call_client_method(method_table const& methods, shared_call const& call);

} // namespace detail

/// A client in this process: its methods by name, typed. It is a handler, and may be copied: the
/// copies share their methods.
///
/// A call of a method it does not have, or with other arguments, or that throws, is a failure,
/// which the caller is told if it waits for the answer; else it is an event client_handler_failed
/// of the hub.
///
/// @code
/// hubbub::client_methods<bus_type> terminal;
/// terminal.on("messageReceived", [](std::string user, std::string text) { ... });
/// hub.async_connect("ada", terminal, token);
/// @endcode
template <class Bus>
class client_methods {
    static constexpr bool has_bus = detail::has_serializer<Bus>;
    static_assert(has_bus, "hubbub: client_methods is named with the type of the bus: "
                           "client_methods<decltype(bus)>");
    using serializer = typename detail::serializer_of<Bus>::type;

public:
    /// format is the serializer of the bus.
    explicit client_methods(serializer format = {}) : serializer_(std::move(format)) {}

    /// Calls method, as its parameters say, for each call of this name. Any thread.
    template <class Method>
    void on(std::string_view name, Method method) {
        if constexpr (detail::has_one_signature<Method>)
            static_assert(
                detail::method_result<typename detail::signature<Method>::result>::at_once,
                "hubbub: a client's method answers at once; await in a function of invocation");
        detail::set_method(*methods_, name, detail::make_method(std::move(method), serializer_));
    }

    void operator()(invocation<serializer> const& call) const {
        detail::call_client_method(*methods_, call.shared());
    }

private:
    std::shared_ptr<detail::method_table> methods_ = detail::make_method_table();
    [[no_unique_address]] serializer serializer_;
};

/// Deduces one without a bus, which does not compile and says so.
client_methods() -> client_methods<void>;

} // namespace hubbub

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/impl/client_methods.ipp>
#endif
