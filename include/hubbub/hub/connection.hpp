// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/cancellation.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/error.hpp>
#include <hubbub/hub/calls/answer.hpp>
#include <hubbub/hub/calls/packed.hpp>
#include <hubbub/hub/calls/with_token.hpp>
#include <hubbub/hub/core/core.hpp>
#include <hubbub/hub/invocation.hpp>
#include <hubbub/hub/outcome.hpp>
#include <hubbub/hub/stream.hpp>
#include <hubbub/hub/streams/packed_stream.hpp>
#include <hubbub/hub/streams/stream_pipe.hpp>

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

/// A client's place in a hub: it is connected while this object lives.
///
/// Thread safety: distinct objects safe; of a shared one, async_invoke and send alone.
/// Lifetime:      it may outlive the hub, and then does nothing.
template <class Bus>
class [[nodiscard]] connection {
    using core_type = detail::hub_core<Bus>;
    using serializer = typename Bus::serializer_type;
    using packed = detail::packed<serializer>;
    using answer = detail::answer<serializer>;
    using invocation_type = invocation<serializer>;
    using streams = detail::call_streams<serializer>;
    using state_ptr = detail::member_ptr<Bus>;

public:
    connection() = default;
    connection(std::shared_ptr<core_type> core, state_ptr state)
        : core_(std::move(core)), state_(std::move(state)) {}
    connection(connection&&) noexcept = default;
    connection& operator=(connection&& other) noexcept {
        if (this != &other) {
            disconnect();
            core_ = std::move(other.core_);
            state_ = std::move(other.state_);
        }
        return *this;
    }
    ~connection() { disconnect(); }

    /// Whether it was made, and disconnect was not called. The hub may have ended it meanwhile.
    explicit operator bool() const noexcept { return state_ != nullptr; }
    /// Whether it is still there.
    bool connected() const noexcept { return state_ && state_->connected; }

    /// Its name, which every server of the hub understands. Precondition: it is connected; so for
    /// all but disconnect.
    std::string const& id() const noexcept { return state_->id; }
    /// Empty if it has none.
    std::string const& user() const noexcept { return state_->user; }

    /// Calls a method of the hub as this client, and completes with `void(outcome<R>)`. The token
    /// comes last; what converts to std::string_view travels as std::string. Without an R, whatever
    /// the method gives back is ignored.
    ///
    /// The method runs on this thread before this returns, unless hub_options::parallel_calls of
    /// this connection run already: then on the bus's executor, in its turn.
    ///
    /// Errors: unknown_method; wrong_arguments; method_failed, all with a text; wrong_result;
    ///         queue_full; cannot_encode, also for a stream of a hub with another serializer; closed;
    ///         if a stream among the arguments is closed, why.
    template <class R = void, class... ArgsAndToken>
    auto async_invoke(std::string_view method, ArgsAndToken&&... all) {
        return detail::with_token(
            [&]<class Tuple, class Token>(Tuple arguments, Token&& token) {
                packed body;
                streams with;
                auto const error = pack(body, with, std::move(arguments));
                return asio::async_initiate<Token, void(outcome<R>)>(
                    [core = core_, who = state_, error](auto handler, auto const& call,
                                                        streams passed) {
                        auto executor = detail::executor_of(handler, core->executor());
                        completion<answer> done(
                            std::move(executor),
                            [handler = std::move(handler),
                             format = core->format()](answer const& given) mutable {
                                std::move(handler)(detail::outcome_of<R>(format, given));
                            });
                        if (error)
                            done({.error = error});
                        else
                            core->invoke(who, call, std::move(passed), std::move(done));
                    },
                    token, invocation_type(std::string(method), std::move(body), core_->format()),
                    std::move(with));
            },
            std::forward<ArgsAndToken>(all)...);
    }

    /// Calls a method of the hub as this client, and waits for no answer: that it failed is the
    /// event call_failed of the hub. Errors: cannot_encode, closed; of a stream, as above.
    template <class... Args>
    std::error_code send(std::string_view method, Args&&... args) {
        packed body;
        streams with;
        if (auto const error = pack(body, with, tuple_of(std::forward<Args>(args)...)))
            return error;
        if (!core_->open())
            return errc::closed;
        core_->invoke(state_, {std::string(method), std::move(body), core_->format()},
                      std::move(with), {});
        return {};
    }

    /// Calls a method of the hub that answers with a stream of T. That the call failed is told by
    /// the first receive. The stream is cancelled when the reader goes, and ends with the connection.
    ///
    /// Errors, at stream_reader::async_receive: those of async_invoke; eof (asio::error) at the end;
    ///         refused, if hub_options::max_streams are open.
    template <class T, class... Args>
    stream_reader<T> stream(std::string_view method, Args&&... args) {
        packed body;
        streams with;
        auto const error = pack(body, with, tuple_of(std::forward<Args>(args)...));
        auto const pipe = with.result = make_pipe();
        completion<answer> ended(
            core_->executor(), [pipe](answer const& given) { pipe->end(given.error, given.text); });
        stream_reader<T> reader(std::make_shared<detail::unpacking_source<T, serializer>>(
            core_->executor(), std::make_shared<detail::receiving_end<serializer>>(pipe),
            core_->format(), errc::wrong_result, "'" + std::string(method) + "'"));
        if (error)
            ended({.error = error});
        else if (!pipe->closed())
            core_->invoke(state_, {std::string(method), std::move(body), core_->format()},
                          std::move(with), std::move(ended));
        return reader;
    }

    /// A stream that goes to the hub: what this writes is received by the method that gets it as an
    /// argument, of async_invoke, send or stream; by one method. It ends with the connection. If
    /// hub_options::max_streams are open, whatever is done with it fails as refused.
    ///
    /// @code
    /// auto numbers = connection.template make_stream<int>();
    /// connection.template async_invoke<int>("sum", numbers, token);
    /// numbers.send(1);
    /// numbers.finish();
    /// @endcode
    template <class T>
    stream_writer<T> make_stream() {
        return stream_writer<T>(std::make_shared<detail::packing_sink<T, serializer>>(
            core_->executor(), make_pipe(), core_->format(), nullptr));
    }

    /// Completes with `void(std::error_code, invocation)`: the next call for this connection, in the
    /// order they came. For a connection that was made with outbox_options; one receive at a time.
    ///
    /// Errors:       already_started (asio::error); after the last call why the connection ended,
    ///               closing::code, or closed.
    /// Cancellation: by the token's slot, with asio::error::operation_aborted; no call is lost.
    template <class Token>
    auto async_receive(Token&& token) {
        return asio::async_initiate<Token, void(std::error_code, invocation_type)>(
            [core = core_, who = state_](auto handler) {
                auto executor = detail::executor_of(handler, core->executor());
                auto const number = std::make_shared<std::uint64_t>();
                auto on_cancel = detail::cancel_by(asio::get_associated_cancellation_slot(handler));
                detail::cancellable_handler wrapped(std::move(handler));
                on_cancel([weak = std::weak_ptr(who), number] {
                    if (auto const present = weak.lock())
                        present->mail->cancel(*number);
                });
                *number = who->mail->receive({std::move(executor), std::move(wrapped)});
            },
            token);
    }

    /// The next call if one waits: to take several for one write.
    std::optional<invocation_type> try_receive() { return state_->mail->try_receive(); }

    /// Leaves the hub and its groups; the outlet is not called again. Only a call that another thread
    /// has begun may still run: what the outlet uses is its own, or freed where outlets are called
    /// (hub). Does nothing a second time.
    void disconnect() noexcept {
        auto const state = std::exchange(state_, nullptr);
        auto const core = std::exchange(core_, nullptr);
        if (state)
            core->disconnect(state, {});
    }

private:
    template <class... Args>
    static auto tuple_of(Args&&... args) {
        return std::tuple<detail::argument<Args>...>(std::forward<Args>(args)...);
    }

    /// Packs the arguments of a call, but for its streams.
    template <class Tuple>
    std::error_code pack(packed& body, streams& with, Tuple arguments) const {
        std::error_code unfit;
        auto plain = detail::take_streams(std::move(arguments), with, unfit);
        auto const error = detail::pack(core_->format(), std::move(plain), body);
        return unfit ? unfit : error;
    }

    std::shared_ptr<detail::stream_pipe<serializer>> make_pipe() const {
        auto const& limits = core_->options();
        auto const pipe = std::make_shared<detail::stream_pipe<serializer>>(
            limits.max_stream_items, limits.max_stream_bytes);
        if (!state_->stop_at_end(pipe, pipe->place(), limits.max_streams))
            pipe->close(errc::refused, "the connection has as many streams as it may");
        return pipe;
    }

    std::shared_ptr<core_type> core_;
    state_ptr state_;
};

} // namespace hubbub
