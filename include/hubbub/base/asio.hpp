// SPDX-License-Identifier: MIT
#pragma once

// Which Asio this is, and what hubbub needs of a handler. <version> comes first because Asio 1.22.1
// looks for the standard library's aligned_alloc before it includes any standard header, and would
// otherwise allocate in one way here and in another way there.
#include <version>

#include <asio/version.hpp>

#if ASIO_VERSION < 102201
#error "hubbub needs Asio 1.22.1 or newer"
#endif

#include <asio/any_io_executor.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>

#include <functional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace hubbub::detail {

/// False, in a way that a compiler sees only when the template is used.
template <class>
inline constexpr bool never = false;

/// The result of a coroutine.
template <class R>
concept is_awaitable = requires(R result) { result.await_ready(); };

/// A callable that is a coroutine when it is called so: where nobody awaits, it would never run.
template <class F, class... Arguments>
concept is_coroutine = requires(F& f, Arguments... arguments) {
    { f(static_cast<Arguments>(arguments)...) } -> is_awaitable;
};

/// A name for the type of messages that was forgotten.
struct no_type {};

/// Stands for a completion token that was forgotten: check_token tells of it.
struct no_token {};

template <class T>
concept has_one_call = requires { &T::operator(); };

/// Text: a name, in place of a list or of options.
template <class T>
concept is_name = std::is_convertible_v<T const&, std::string_view>;

/// A type that is data, and no completion token.
template <class T>
concept is_data = (!std::is_class_v<T> && !std::is_pointer_v<T>) || is_name<T> ||
                  (std::is_aggregate_v<T> && !has_one_call<T>);

/// A token with something bound to it: the result of asio::bind_executor and its like.
template <class T>
concept is_binder = !has_one_call<T> && requires { typename T::target_type; };

/// A function that an option is; one that cannot be called so does not compile, and says so.
template <class Signature>
class option_function;
template <class Result, class... Arguments>
class option_function<Result(Arguments...)> : public std::function<Result(Arguments...)> {
    using base = std::function<Result(Arguments...)>;

public:
    option_function() = default;
    template <class F>
        requires(!std::is_same_v<F, option_function>)
    option_function(F f) // NOLINT(google-explicit-constructor)
        : base(checked(std::move(f))) {}

private:
    template <class F>
    static base checked(F f) {
        constexpr bool fits = std::is_constructible_v<base, F>;
        static_assert(fits, "hubbub: an option that is a function is to be callable as its comment "
                            "says: see Signature");
        if constexpr (fits)
            return base(std::move(f));
        else
            return {};
    }
};

/// A token that Asio calls as it is: the operation's handler.
template <class T, class Signature>
concept is_handler = requires {
    typename asio::async_result<T, Signature>::completion_handler_type;
} && std::is_same_v<typename asio::async_result<T, Signature>::completion_handler_type, T>;

/// Whether a token can be called with the results, if it is a handler, bare or bound.
template <class Token, class Signature>
inline constexpr bool takes_results = true;
template <class Handler, class... Results>
    requires is_handler<Handler, void(Results...)>
inline constexpr bool takes_results<Handler, void(Results...)> =
    std::is_invocable_v<Handler, Results...>;
template <is_binder Binder, class... Results>
    requires(!is_handler<Binder, void(Results...)>)
inline constexpr bool takes_results<Binder, void(Results...)> =
    takes_results<typename Binder::target_type, void(Results...)>;

/// Whether an operation that completes with Signature takes a Token. If not, says why in one line.
template <class Token, class Signature>
consteval bool check_token() {
    using type = std::remove_cvref_t<Token>;
    if constexpr (is_data<type>)
        static_assert(!is_data<type>,
                      "hubbub: the last argument is to be a completion token: add a handler, or "
                      "asio::use_awaitable, asio::use_future, asio::detached");
    else
        static_assert(takes_results<type, Signature>,
                      "hubbub: the handler is to take what the operation completes with: see "
                      "Signature, or the comment of the operation");
    return !is_data<type> && takes_results<type, Signature>;
}

/// Where handler is to be called: on its own executor, else on fallback. Its type is not erased:
/// that of asio::use_future is no any_io_executor.
template <class Handler>
auto executor_of(Handler const& handler, asio::any_io_executor const& fallback) {
    return asio::get_associated_executor(handler, fallback);
}

/// Calls a function when a slot is emitted: cancel_by(slot)(function).
template <class Slot>
auto cancel_by(Slot slot) {
    return [slot](auto cancel) mutable {
        if (slot.is_connected())
            slot.assign([cancel = std::move(cancel)](asio::cancellation_type type) mutable {
                if (type != asio::cancellation_type::none)
                    cancel();
            });
    };
}

/// Calls a function if an operation is cancelled: by no signal, by a slot of Asio's, or by one
/// of another type behind a function.
class cancel_hook {
public:
    using assigner = std::function<void(std::function<void()>)>;

    cancel_hook() = default;
    cancel_hook(asio::cancellation_slot slot) // NOLINT(google-explicit-constructor)
        : slot_(slot) {}
    explicit cancel_hook(assigner other) : other_(std::move(other)) {}

    /// Whether it can ever happen.
    explicit operator bool() const noexcept { return other_ || slot_.is_connected(); }

    /// Calls on_cancel when that happens, from now on.
    void call(std::function<void()> on_cancel) const {
        if (other_)
            other_(std::move(on_cancel));
        else
            cancel_by(slot_)(std::move(on_cancel));
    }

private:
    asio::cancellation_slot slot_;
    assigner other_;
};

/// Makes a hook that calls a function when slot is emitted, whatever the type of the slot.
template <class Slot>
cancel_hook hook_of(Slot slot) {
    if constexpr (std::is_same_v<Slot, asio::cancellation_slot>)
        return slot;
    else if (slot.is_connected())
        return cancel_hook(cancel_hook::assigner(cancel_by(slot)));
    else
        return {};
}

/// A handler of which the cancellation slot is left alone once it is called.
template <class Handler>
class cancellable_handler {
public:
    explicit cancellable_handler(Handler handler) : handler_(std::move(handler)) {}

    template <class... Results>
    void operator()(Results&&... results) {
        auto slot = asio::get_associated_cancellation_slot(handler_);
        if (slot.is_connected())
            slot.clear();
        std::move(handler_)(std::forward<Results>(results)...);
    }

private:
    Handler handler_;
};

} // namespace hubbub::detail
