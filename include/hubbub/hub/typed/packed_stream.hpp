// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/completion.hpp>
#include <hubbub/error.hpp>
#include <hubbub/hub/calls/shared_call.hpp>
#include <hubbub/hub/core/core.hpp>
#include <hubbub/hub/frames/answer.hpp>
#include <hubbub/hub/frames/packed.hpp>
#include <hubbub/hub/streams/call_streams.hpp>
#include <hubbub/hub/streams/stream_pipe.hpp>
#include <hubbub/hub/typed/stream_arguments.hpp>
#include <hubbub/hub/typed/stream_ends.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>

// Between a stream's pipe and its typed ends.
namespace hubbub::detail {

/// Packs items, and sends them. The stream is an argument, or the answer of a call.
template <class T, class Serializer>
class packing_sink final : public stream_sink<T> {
public:
    packing_sink(asio::any_io_executor on, std::shared_ptr<stream_pipe> p, Serializer serializer,
                 std::shared_ptr<answer_sink> call)
        : stream_sink<T>(std::move(on)), pipe(std::move(p)), serializer_(std::move(serializer)),
          call_(std::move(call)) {}
    ~packing_sink() override {
        if (!call_) // else it may go on without this, and knows its end
            pipe->end(hub_errc::stream_failed, "the stream was given up");
    }

    std::error_code try_send(T item) override {
        auto made = answer_with(serializer_, std::move(item));
        return made.error ? made.error : pipe->try_send(std::move(made.value));
    }

    std::uint64_t send(T item, completion<std::error_code> done) override {
        auto made = answer_with(serializer_, std::move(item));
        if (!made.error)
            return pipe->send(std::move(made.value), std::move(done));
        done(made.error);
        return 0;
    }

    void cancel_send(std::uint64_t number) override { pipe->cancel_send(number); }

    void end(std::error_code error, std::string text) override {
        pipe->end(error, text);
        if (call_)
            call_->take({.error = error, .text = std::move(text)});
    }

    std::shared_ptr<stream_pipe> const pipe;

private:
    Serializer const serializer_;
    std::shared_ptr<answer_sink> const call_;
};

/// Receives, and unpacks. An item of another type is an error, which names the stream.
template <class T, class Serializer>
class unpacking_source final : public stream_source<T> {
public:
    unpacking_source(asio::any_io_executor on, std::shared_ptr<receiving_end> from,
                     Serializer serializer, hub_errc wrong, std::string name)
        : stream_source<T>(std::move(on)), from_(std::move(from)),
          serializer_(std::move(serializer)), wrong_(wrong), name_(std::move(name)) {}

    std::uint64_t receive(completion<outcome<T>> done) override {
        return from_->pipe->receive(
            {this->executor, [pipe = from_->pipe, serializer = serializer_, wrong = wrong_,
                              name = name_, done = std::move(done)](answer const& given) mutable {
                 auto item = outcome_of<T>(serializer, given);
                 if (!item && !given.error) {
                     auto const text = "an item of " + name + " is of another type";
                     pipe->close(wrong, text);
                     item = outcome<T>(wrong, text);
                 }
                 done(std::move(item));
             }});
    }

    void cancel_receive(std::uint64_t number) override { from_->pipe->cancel_receive(number); }

private:
    std::shared_ptr<receiving_end> const from_;
    Serializer const serializer_;
    hub_errc const wrong_;
    std::string const name_;
};

/// The streams among the arguments of a call.
template <class Serializer, class... Args>
    requires(is_stream<Args> || ...)
struct stream_arguments<Serializer, std::tuple<Args...>> {
    /// Takes the streams out: what is left travels packed. Errors: cannot_encode, if a stream packs
    /// by another serializer; why one of them was closed.
    static auto take(std::tuple<Args...> arguments, call_streams& streams, std::error_code& error) {
        constexpr bool all_go_out = !(is_reader<Args> || ...);
        static_assert(all_go_out, "hubbub: a stream among the arguments of a call is the writer of "
                                  "connection::make_stream, and no stream_reader");
        auto const one = [&]<class T>(T& argument) {
            if constexpr (is_reader<T>) {
                return std::tuple<>();
            } else if constexpr (is_stream<T>) {
                using sink = packing_sink<typename T::item_type, Serializer>;
                auto const known = std::dynamic_pointer_cast<sink>(argument.sink());
                auto const unfit = known ? known->pipe->closed() : errc::cannot_encode;
                if (unfit)
                    error = unfit;
                else
                    streams.arguments.push_back(std::make_shared<receiving_end>(known->pipe));
                return std::tuple<>();
            } else {
                return std::tuple<T>(std::move(argument));
            }
        };
        return std::apply(
            [&](Args&... all) {
                // Braces: the streams are taken in their order.
                std::tuple<decltype(one(all))...> parts{one(all)...};
                return std::apply([](auto&... part) { return std::tuple_cat(std::move(part)...); },
                                  parts);
            },
            arguments);
    }
};

/// Calls a method that answers with a stream: see connection::stream. error: why it cannot be
/// called.
template <class T, class Serializer>
stream_reader<T> open_stream(hub_core& core, member_ptr const& who, Serializer const& serializer,
                             shared_call call, call_streams streams, std::error_code error) {
    auto const pipe = streams.result = core.make_pipe(*who);
    completion<answer> ended(core.executor(),
                             [pipe](answer const& given) { pipe->end(given.error, given.text); });
    stream_reader<T> reader(std::make_shared<unpacking_source<T, Serializer>>(
        core.executor(), std::make_shared<receiving_end>(pipe), serializer, hub_errc::wrong_result,
        "'" + std::string(call.method()) + "'"));
    if (error)
        ended({.error = error});
    else if (!pipe->closed())
        core.invoke(who, std::move(call), std::move(streams), std::move(ended));
    return reader;
}

/// A stream of a connection that it writes: see connection::make_stream.
template <class T, class Serializer>
stream_writer<T> make_stream(hub_core& core, member_ptr const& who, Serializer const& serializer) {
    return stream_writer<T>(std::make_shared<packing_sink<T, Serializer>>(
        core.executor(), core.make_pipe(*who), serializer, nullptr));
}

} // namespace hubbub::detail
