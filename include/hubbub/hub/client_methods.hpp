// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/calls/method_table.hpp>

#include <exception>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

namespace hubbub {

/// A client in this process: its methods by name, typed. It is an outlet, and may be copied: the
/// copies share their methods.
///
/// A call of a method it does not have, or with other arguments, or that throws, goes back to who
/// asked for the answer; else it is an event outlet_failed of the hub.
///
/// @code
/// hubbub::client_methods<bus_type> terminal;
/// terminal.on("messageReceived", [](std::string user, std::string text) { ... });
/// hub.async_connect("ada", terminal, token);
/// @endcode
template <class Bus>
class client_methods {
    using serializer = typename Bus::serializer_type;

public:
    /// Calls method, as its parameters say, for each call of this name. Any thread.
    template <class Method>
    void on(std::string_view name, Method method) {
        if constexpr (detail::has_one_signature<Method>)
            static_assert(
                detail::method_result<typename detail::signature<Method>::result>::at_once,
                "hubbub: a client's method answers at once; await in a function of invocation");
        methods_->on(name, std::move(method));
    }

    void operator()(invocation<serializer> const& call) const {
        auto const nobody = std::make_shared<detail::caller_state>();
        if (call.wants_answer())
            return methods_->call({caller(nobody), call, call.asked(), {}, true});
        auto const end = std::make_shared<thrown_later>();
        methods_->call({caller(nobody), call, end, {}, true});
        auto const& given = end->given;
        if (given.thrown)
            std::rethrow_exception(given.thrown);
        if (given.error)
            throw std::system_error(given.error, given.text);
    }

private:
    struct thrown_later final : detail::answered<serializer> {
        void take(detail::answer<serializer> a) override { given = std::move(a); }
        detail::answer<serializer> given;
    };

    std::shared_ptr<detail::method_table<serializer>> methods_ =
        std::make_shared<detail::method_table<serializer>>();
};

} // namespace hubbub
