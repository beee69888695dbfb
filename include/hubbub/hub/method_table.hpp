// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/detail/topic_table.hpp>
#include <hubbub/error.hpp>
#include <hubbub/hub/invocation.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>

namespace hubbub {

/// Who calls a method of the hub.
class caller {
public:
    caller(std::string connection_id, std::string user)
        : connection_id_(std::move(connection_id)), user_(std::move(user)) {}

    std::string const& connection_id() const noexcept { return connection_id_; }
    /// Empty if the connection has none.
    std::string const& user() const noexcept { return user_; }

private:
    std::string connection_id_;
    std::string user_;
};

namespace detail {

/// The arguments of a callable that has one signature; of another it has none.
template <class F>
struct signature {};
template <class F>
    requires requires { &F::operator(); }
struct signature<F> : signature<decltype(&F::operator())> {};
template <class R, class... Args>
struct signature<R (*)(Args...)> {
    using arguments = std::tuple<std::remove_cvref_t<Args>...>;
};
template <class R, class C, class... Args>
struct signature<R (C::*)(Args...)> : signature<R (*)(Args...)> {};
template <class R, class C, class... Args>
struct signature<R (C::*)(Args...) const> : signature<R (*)(Args...)> {};
template <class R, class C, class... Args>
struct signature<R (C::*)(Args...) noexcept> : signature<R (*)(Args...)> {};
template <class R, class C, class... Args>
struct signature<R (C::*)(Args...) const noexcept> : signature<R (*)(Args...)> {};

template <class F>
concept has_one_signature = requires { typename signature<F>::arguments; };

/// Splits a leading caller off the arguments.
template <class Tuple>
struct split {
    static constexpr bool takes_caller = false;
    using arguments = Tuple;
};
template <class... Args>
struct split<std::tuple<caller, Args...>> {
    static constexpr bool takes_caller = true;
    using arguments = std::tuple<Args...>;
};

/// Typed methods by name.
///
/// Thread safety: all functions, from any thread; methods run with no lock held, on the thread
/// that calls.
template <class Serializer>
class method_table {
public:
    /// Replaces the method of this name, if there is one.
    template <class Method>
    void on(std::string name, Method method) {
        static_assert(has_one_signature<Method>,
                      "hubbub: a method needs one signature, from which its arguments' types are "
                      "taken; write them out instead of auto");
        if constexpr (has_one_signature<Method>) {
            auto typed = std::make_shared<entry>(
                [method = std::move(method)](caller const& who,
                                             invocation<Serializer> const& call) mutable {
                    return decode_and_call(method, who, call);
                });
            std::lock_guard const lock(mutex_);
            methods_[std::move(name)] = std::move(typed);
        }
    }

    /// Errors: unknown_method, malformed_payload.
    std::error_code call(caller const& who, invocation<Serializer> const& call) const {
        std::shared_ptr<entry> found;
        {
            std::lock_guard const lock(mutex_);
            if (auto const at = methods_.find(call.method()); at != methods_.end())
                found = at->second;
        }
        return found ? (*found)(who, call) : errc::unknown_method;
    }

private:
    using entry = std::function<std::error_code(caller const&, invocation<Serializer> const&)>;

    template <class Method>
    static std::error_code decode_and_call(Method& method, caller const& who,
                                           invocation<Serializer> const& call) {
        using parts = split<typename signature<Method>::arguments>;
        typename parts::arguments arguments;
        if (auto const error = call.arguments(arguments))
            return error;
        if constexpr (parts::takes_caller)
            std::apply(method, std::tuple_cat(std::tie(who), std::move(arguments)));
        else
            std::apply(method, std::move(arguments));
        return {};
    }

    mutable std::mutex mutex_; // guards methods_
    string_map<std::shared_ptr<entry>> methods_;
};

} // namespace detail

/// A client in this process: its methods by name, typed. It is an outlet, and may be copied: the
/// copies share their methods.
///
/// A call of a method it does not have, or with other arguments, throws std::system_error, which
/// the bus reports as sink_failed.
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
    void on(std::string name, Method method) {
        methods_->on(std::move(name), std::move(method));
    }

    void operator()(invocation<serializer> const& call) const {
        if (auto const error = methods_->call(caller({}, {}), call))
            throw std::system_error(error, "client method " + std::string(call.method()));
    }

private:
    std::shared_ptr<detail::method_table<serializer>> methods_ =
        std::make_shared<detail::method_table<serializer>>();
};

} // namespace hubbub
