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
#include <hubbub/serializer.hpp>

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

/// Cancels async_connect.
struct give_up_connecting {
    std::weak_ptr<hub_core> core;
    std::weak_ptr<member> who;

    void operator()() const {
        auto const here = core.lock();
        if (auto const present = who.lock(); here && present)
            here->give_up(present);
    }
};

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
/// Thread safety: distinct objects safe; of a shared one, async_invoke and send alone, packed or not.
/// Lifetime:      it may outlive the hub, and then does nothing.
template <class Bus>
class [[nodiscard]] connection {
    using serializer = typename Bus::serializer_type;

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

    /// Returns the id of the connection, which every server of the hub understands. Precondition:
    /// it is connected; so for all but disconnect.
    std::string const& id() const noexcept { return state_->id; }
    /// Returns the user of the connection; empty if it has none.
    std::string const& user() const noexcept { return state_->user; }

    /// Calls a method of the hub as this client, and completes with its answer:
    /// `void(std::error_code, R)`, or `void(std::error_code)` where R is void, which ignores a
    /// result. With outcome<R> in place of R it completes with `void(outcome<R>)`, which has the
    /// text of a failure too. The token comes last; an argument that converts to std::string_view
    /// travels as std::string.
    ///
    /// The method runs on this thread before this returns, unless hub_options::parallel_calls of
    /// this connection run already: then on the bus's executor, in its turn.
    ///
    /// Errors:       unknown_method; wrong_arguments; method_failed, all with a text; wrong_result;
    ///               queue_full; cannot_encode, also for a stream of a hub with another serializer;
    ///               closed; if a stream among the arguments is closed, why.
    /// Cancellation: terminal, partial and total, with asio::error::operation_aborted: the method runs
    ///               on, and its answer is dropped.
    template <class R = void, class... ArgsAndToken>
    auto async_invoke(std::string_view method, ArgsAndToken&&... all) {
        return detail::with_token<typename detail::reply<R>::signature>(
            [&]<class Tuple, class Token>(Tuple arguments, Token&& token) {
                outgoing_call call;
                auto const error = pack(call, std::move(arguments));
                return start<R>(method, std::move(call), error, token);
            },
            std::forward<ArgsAndToken>(all)...);
    }

    /// Calls as async_invoke does, with the array of the arguments in the encoding of the bus, as a
    /// socket brought it; streams of the call follow it. The answer is in that encoding too, unless
    /// R is another type: a gateway passes both on without their C++ types.
    ///
    /// Errors: as above, and malformed_payload, if `arguments` is not one value in that encoding.
    template <class R = encoded, class... StreamsAndToken>
    auto async_invoke_packed(std::string_view method, encoded arguments, StreamsAndToken&&... all) {
        return detail::with_token<typename detail::reply<R>::signature>(
            [&]<class Tuple, class Token>(Tuple streams, Token&& token) {
                outgoing_call call;
                auto const error = pack(call, std::move(arguments), std::move(streams));
                return start<R>(method, std::move(call), error, token);
            },
            std::forward<StreamsAndToken>(all)...);
    }

    template <class R = encoded, detail::is_name Text, class... StreamsAndToken>
    auto async_invoke_packed(std::string_view method, Text const& arguments,
                             StreamsAndToken&&... all) {
        return async_invoke_packed<R>(method, encoded{std::string(arguments)},
                                      std::forward<StreamsAndToken>(all)...);
    }

    /// Calls a method of the hub as this client, and waits for no answer: a failure is the event
    /// call_failed of the hub. Errors: cannot_encode, closed; of a stream, as above.
    template <class... Args>
    std::error_code send(std::string_view method, Args&&... args) {
        outgoing_call call;
        if (auto const error = pack(call, tuple_of(std::forward<Args>(args)...)))
            return error;
        return post(method, std::move(call));
    }

    /// Calls as send does, with packed arguments, as async_invoke_packed.
    template <class... Streams>
    std::error_code send_packed(std::string_view method, encoded arguments, Streams&&... streams) {
        outgoing_call call;
        if (auto const error =
                pack(call, std::move(arguments), tuple_of(std::forward<Streams>(streams)...)))
            return error;
        return post(method, std::move(call));
    }

    /// Calls a method of the hub that answers with a stream of T. The first receive tells a failure
    /// of the call. The stream is cancelled when the reader goes, and ends with the connection.
    ///
    /// Errors, at stream_reader::async_receive: those of async_invoke; eof (asio::error) at the
    /// end;
    ///         refused, if hub_options::max_streams are open.
    template <class T, class... Args>
    auto stream(std::string_view method, Args&&... args) {
        if constexpr (detail::check_streams<T>()) {
            outgoing_call call;
            auto const error = pack(call, tuple_of(std::forward<Args>(args)...));
            return detail::open_stream<T>(*core_, state_, serializer_,
                                          {std::string(method), std::move(call.arguments)},
                                          std::move(call.streams), error);
        }
    }

    /// Calls as stream does, with packed arguments, as async_invoke_packed: of items that are in
    /// the encoding of the bus, unless T is another type.
    template <class T = encoded, class... Streams>
    auto stream_packed(std::string_view method, encoded arguments, Streams&&... streams) {
        if constexpr (detail::check_streams<T>()) {
            outgoing_call call;
            auto const error =
                pack(call, std::move(arguments), tuple_of(std::forward<Streams>(streams)...));
            return detail::open_stream<T>(*core_, state_, serializer_,
                                          {std::string(method), std::move(call.arguments)},
                                          std::move(call.streams), error);
        }
    }

    /// Makes a stream that goes to the hub, of items of T, or with encoded as T, of items that are
    /// in the encoding of the bus. Pass it as an argument to async_invoke, send or stream: that
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
    auto make_stream() {
        if constexpr (detail::check_streams<T>())
            return detail::make_stream<T>(*core_, state_, serializer_);
    }

    /// Leaves the hub and its groups; the handler is not called again. Only a call that another
    /// thread has begun may still run: what the handler uses is its own, or freed where handlers
    /// are called (hub). Does nothing a second time.
    void disconnect() noexcept {
        auto const state = std::exchange(state_, nullptr);
        auto const core = std::exchange(core_, nullptr);
        if (state)
            core->disconnect(state);
    }

protected:
    std::shared_ptr<detail::hub_core> core_;
    detail::member_ptr state_;
    [[no_unique_address]] serializer serializer_ = {};

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

    /// The same of a call whose arguments are packed, beside its streams.
    template <class Tuple>
    std::error_code pack(outgoing_call& call, encoded arguments, Tuple streams) const {
        std::error_code unfit;
        auto const rest = detail::stream_arguments<serializer, Tuple>::take(std::move(streams),
                                                                            call.streams, unfit);
        static_assert(std::tuple_size_v<decltype(rest)> == 0,
                      "hubbub: beside its packed arguments a call takes streams and a token alone");
        auto const error = detail::pack_encoded(serializer_, std::move(arguments), call.arguments);
        return unfit ? unfit : error;
    }

    /// Calls, unless there is an error, and completes token with the answer.
    template <class R, class Token>
    auto start(std::string_view method, outgoing_call call, std::error_code error, Token& token) {
        return asio::async_initiate<Token, typename detail::reply<R>::signature>(
            [core = core_, who = state_, format = serializer_,
             error](auto handler, std::string const& name, outgoing_call made) {
                auto done = detail::reply_to<R>(std::move(handler), core->executor(), format);
                if (error)
                    done({.error = error});
                else
                    core->invoke(who, {name, std::move(made.arguments)}, std::move(made.streams),
                                 std::move(done));
            },
            token, std::string(method), std::move(call));
    }

    std::error_code post(std::string_view method, outgoing_call call) {
        if (!core_->is_open())
            return errc::closed;
        core_->invoke(state_, {std::string(method), std::move(call.arguments)},
                      std::move(call.streams), {});
        return {};
    }
};

/// A connection that is read: async_receive asks it for the next call, and those that nobody has
/// asked for yet wait in its outbox. hub::async_connect_receiver makes it.
///
/// Thread safety: as a connection; of a shared one, async_receive of one thread at a time.
template <class Bus>
class [[nodiscard]] receiving_connection : public connection<Bus> {
    using invocation_type = invocation<typename Bus::serializer_type>;

public:
    using connection<Bus>::connection;

    /// Completes with `void(std::error_code, invocation)`: the next call for this connection, in
    /// the order they came; one receive at a time.
    ///
    /// Errors:       already_started (asio::error); after the last call why the connection ended,
    ///               close_reason::code, or closed.
    /// Cancellation: by the token's slot, with asio::error::operation_aborted; no call is lost.
    template <class Token = detail::no_token>
    auto async_receive(Token&& token = {}) {
        using signature = void(std::error_code, invocation_type);
        if constexpr (detail::check_token<Token, signature>())
            return asio::async_initiate<Token, signature>(
                [core = this->core_, who = this->state_, format = this->serializer_](auto handler) {
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
        auto next = detail::hub_core::try_receive(*this->state_);
        if (!next)
            return {};
        return invocation_type(std::move(next), this->serializer_);
    }
};

} // namespace hubbub
