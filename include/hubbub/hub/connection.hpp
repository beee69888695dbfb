// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/error.hpp>
#include <hubbub/hub/core/core.hpp>
#include <hubbub/hub/frames/answer.hpp>
#include <hubbub/hub/frames/packed.hpp>
#include <hubbub/hub/invocation.hpp>
#include <hubbub/hub/outcome.hpp>
#include <hubbub/hub/streams/call_streams.hpp>
#include <hubbub/hub/typed/stream_arguments.hpp>
#include <hubbub/hub/typed/with_token.hpp>

#include <asio/associated_cancellation_slot.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

namespace hubbub {

namespace detail {

// In <hubbub/hub/stream.hpp>.
template <class T, class Serializer>
stream_reader<T> open_stream(hub_core& core, member_ptr const& who, Serializer const& serializer,
                             shared_call call, call_streams streams, std::error_code error);
template <class T, class Serializer>
stream_writer<T> make_stream(hub_core& core, member_ptr const& who, Serializer const& serializer);

/// Cancels async_receive.
struct stop_receiving {
    std::weak_ptr<member> who;
    std::shared_ptr<std::uint64_t> number;

    void operator()() const {
        if (auto const present = who.lock())
            hub_core::cancel_receive(*present, *number);
    }
};

} // namespace detail

/// A client's place in a hub: it is connected while this object lives.
///
/// Thread safety: distinct objects safe; of a shared one, async_invoke and send alone.
/// Lifetime:      it may outlive the hub, and then does nothing.
template <class Bus>
class [[nodiscard]] connection {
    using serializer = typename Bus::serializer_type;
    using invocation_type = invocation<serializer>;

public:
    connection() = default;
    connection(std::shared_ptr<detail::hub_core> core, detail::member_ptr state,
               serializer const& format)
        : core_(std::move(core)), state_(std::move(state)), serializer_(format) {}
    connection(connection&&) noexcept = default;
    connection& operator=(connection&& other) noexcept {
        if (this != &other) {
            disconnect();
            core_ = std::move(other.core_);
            state_ = std::move(other.state_);
            serializer_ = other.serializer_;
        }
        return *this;
    }
    ~connection() { disconnect(); }

    /// Returns whether the object holds a connection: async_connect made it, and disconnect was not
    /// called. The hub may have ended it meanwhile.
    explicit operator bool() const noexcept { return state_ != nullptr; }
    /// Returns whether the connection is still there.
    bool connected() const noexcept { return state_ && state_->connected; }

    /// Returns the id of the connection, which every server of the hub understands. Precondition: it is connected; so for
    /// all but disconnect.
    std::string const& id() const noexcept { return state_->id; }
    /// Returns the user of the connection; empty if it has none.
    std::string const& user() const noexcept { return state_->user; }

    /// Calls a method of the hub as this client, and completes with `void(outcome<R>)`. The token
    /// comes last; an argument that converts to std::string_view travels as std::string. Without an R,
    /// the result of the method is ignored.
    ///
    /// The method runs on this thread before this returns, unless hub_options::parallel_calls of
    /// this connection run already: then on the bus's executor, in its turn.
    ///
    /// Errors: unknown_method; wrong_arguments; method_failed, all with a text; wrong_result;
    ///         queue_full; cannot_encode, also for a stream of a hub with another serializer; closed;
    ///         if a stream among the arguments is closed, why.
    template <class R = void, class... ArgsAndToken>
    auto async_invoke(std::string_view method, ArgsAndToken&&... all) {
        return detail::with_token<void(outcome<R>)>(
            [&]<class Tuple, class Token>(Tuple arguments, Token&& token) {
                outgoing_call call;
                auto const error = pack(call, std::move(arguments));
                return asio::async_initiate<Token, void(outcome<R>)>(
                    [core = core_, who = state_, format = serializer_,
                     error](auto handler, std::string const& name, outgoing_call made) {
                        auto executor = detail::executor_of(handler, core->executor());
                        completion<detail::answer> done(
                            std::move(executor), [handler = std::move(handler),
                                                  format](detail::answer const& given) mutable {
                                std::move(handler)(detail::outcome_of<R>(format, given));
                            });
                        if (error)
                            done({.error = error});
                        else
                            core->invoke(who, {name, std::move(made.arguments)},
                                         std::move(made.streams), std::move(done));
                    },
                    token, std::string(method), std::move(call));
            },
            std::forward<ArgsAndToken>(all)...);
    }

    /// Calls a method of the hub as this client, and waits for no answer: a failure is the event
    /// call_failed of the hub. Errors: cannot_encode, closed; of a stream, as above.
    template <class... Args>
    std::error_code send(std::string_view method, Args&&... args) {
        outgoing_call call;
        if (auto const error = pack(call, tuple_of(std::forward<Args>(args)...)))
            return error;
        if (!core_->is_open())
            return errc::closed;
        core_->invoke(state_, {std::string(method), std::move(call.arguments)},
                      std::move(call.streams), {});
        return {};
    }

    /// Calls a method of the hub that answers with a stream of T. The first receive tells a failure of
    /// the call. The stream is cancelled when the reader goes, and ends with the connection.
    ///
    /// Errors, at stream_reader::async_receive: those of async_invoke; eof (asio::error) at the end;
    ///         refused, if hub_options::max_streams are open.
    template <class T, class... Args>
    stream_reader<T> stream(std::string_view method, Args&&... args) {
        outgoing_call call;
        auto const error = pack(call, tuple_of(std::forward<Args>(args)...));
        return detail::open_stream<T>(*core_, state_, serializer_,
                                      {std::string(method), std::move(call.arguments)},
                                      std::move(call.streams), error);
    }

    /// Makes a stream that goes to the hub. Pass it as an argument to async_invoke, send or stream: that
    /// method, and no other, receives the items. It ends with the connection. If
    /// hub_options::max_streams are open, each operation on it fails as refused.
    ///
    /// @code
    /// auto numbers = connection.template make_stream<int>();
    /// connection.template async_invoke<int>("sum", numbers, token);
    /// numbers.send(1);
    /// numbers.finish();
    /// @endcode
    template <class T>
    stream_writer<T> make_stream() {
        return detail::make_stream<T>(*core_, state_, serializer_);
    }

    /// Completes with `void(std::error_code, invocation)`: the next call for this connection, in the
    /// order they came. For a connection that was made with outbox_options; one receive at a time.
    ///
    /// Errors:       already_started (asio::error); after the last call why the connection ended,
    ///               close_reason::code, or closed.
    /// Cancellation: by the token's slot, with asio::error::operation_aborted; no call is lost.
    template <class Token = detail::no_token>
    auto async_receive(Token&& token = {}) {
        using signature = void(std::error_code, invocation_type);
        if constexpr (detail::check_token<Token, signature>())
            return asio::async_initiate<Token, signature>(
                [core = core_, who = state_, format = serializer_](auto handler) {
                    auto executor = detail::executor_of(handler, core->executor());
                    auto const number = std::make_shared<std::uint64_t>();
                    detail::cancel_by(asio::get_associated_cancellation_slot(handler))(
                        detail::stop_receiving{who, number});
                    *number = detail::hub_core::receive(
                        *who, {std::move(executor),
                               [format, handler = detail::cancellable_handler(std::move(handler))](
                                   std::error_code error, detail::shared_call call) mutable {
                                   handler(error, invocation_type(std::move(call), format));
                               }});
                },
                token);
    }

    /// Takes the next call if one waits, so that several may go out in one write.
    std::optional<invocation_type> try_receive() {
        auto next = detail::hub_core::try_receive(*state_);
        if (!next)
            return {};
        return invocation_type(std::move(next), serializer_);
    }

    /// Leaves the hub and its groups; the handler is not called again. Only a call that another thread
    /// has begun may still run: what the handler uses is its own, or freed where handlers are called
    /// (hub). Does nothing a second time.
    void disconnect() noexcept {
        auto const state = std::exchange(state_, nullptr);
        auto const core = std::exchange(core_, nullptr);
        if (state)
            core->disconnect(state);
    }

private:
    template <class... Args>
    static auto tuple_of(Args&&... args) {
        return std::tuple<detail::argument<Args>...>(std::forward<Args>(args)...);
    }

    struct outgoing_call {
        detail::packed arguments = {};
        detail::call_streams streams = {};
    };

    /// Packs the arguments of a call, but for its streams.
    template <class Tuple>
    std::error_code pack(outgoing_call& call, Tuple arguments) const {
        std::error_code unfit;
        auto plain = detail::stream_arguments<serializer, Tuple>::take(std::move(arguments),
                                                                       call.streams, unfit);
        auto const error = detail::pack(serializer_, std::move(plain), call.arguments);
        return unfit ? unfit : error;
    }

    std::shared_ptr<detail::hub_core> core_;
    detail::member_ptr state_;
    [[no_unique_address]] serializer serializer_ = {};
};

} // namespace hubbub
