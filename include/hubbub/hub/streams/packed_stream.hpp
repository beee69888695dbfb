// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/completion.hpp>
#include <hubbub/error.hpp>
#include <hubbub/hub/calls/answer.hpp>
#include <hubbub/hub/calls/packed.hpp>
#include <hubbub/hub/stream.hpp>
#include <hubbub/hub/streams/stream_pipe.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

// Between a stream's pipe and its typed ends.
namespace hubbub::detail {

/// Whoever may receive from a pipe shares this: when it goes, nobody will.
template <class Serializer>
class receiving_end {
public:
    using pipe_ptr = std::shared_ptr<stream_pipe<Serializer>>;

    explicit receiving_end(pipe_ptr p) : pipe(std::move(p)) {}
    receiving_end(receiving_end const&) = delete;
    receiving_end& operator=(receiving_end const&) = delete;
    ~receiving_end() { pipe->cancel(); }

    pipe_ptr const pipe;
};

/// The streams that belong to one call of a connection. They are handed on until the method has them,
/// and kept by nobody on the way: when the method is done with a reader, nobody receives.
template <class Serializer>
struct call_streams {
    /// Null if it is answered with a value.
    std::shared_ptr<stream_pipe<Serializer>> result = {};
    std::vector<std::shared_ptr<receiving_end<Serializer>>> arguments = {};
};

/// Sends what it packs. The stream is an argument, or the answer of a call.
template <class T, class Serializer>
class packing_sink final : public stream_sink<T> {
public:
    using pipe_ptr = std::shared_ptr<stream_pipe<Serializer>>;

    packing_sink(asio::any_io_executor on, pipe_ptr p, Serializer serializer,
                 std::shared_ptr<answered<Serializer>> call)
        : stream_sink<T>(std::move(on)), pipe(std::move(p)), serializer_(std::move(serializer)),
          call_(std::move(call)) {}
    ~packing_sink() override {
        if (!call_) // else it may go on without this, and knows its end
            pipe->end(errc::stream_failed, "the stream was given up");
    }

    std::error_code try_send(T item) override {
        auto made = answer_with(serializer_, std::move(item));
        if (made.error)
            return made.error;
        auto const size = size_of(*made.value);
        return pipe->try_send(std::move(*made.value), size);
    }

    std::uint64_t send(T item, completion<std::error_code> done) override {
        auto made = answer_with(serializer_, std::move(item));
        if (made.error) {
            done(made.error);
            return 0;
        }
        auto const size = size_of(*made.value);
        return pipe->send(std::move(*made.value), size, std::move(done));
    }

    void cancel_send(std::uint64_t number) override { pipe->cancel_send(number); }

    void end(std::error_code error, std::string text) override {
        pipe->end(error, text);
        if (call_)
            call_->take({.error = error, .text = std::move(text)});
    }

    pipe_ptr const pipe;

private:
    std::size_t size_of(packed<Serializer> const& item) const {
        return pipe->counts_bytes() ? detail::size_of(serializer_, item) : 0;
    }

    Serializer const serializer_;
    std::shared_ptr<answered<Serializer>> const call_;
};

/// Receives, and unpacks. An item of another type is an error, which names the stream.
template <class T, class Serializer>
class unpacking_source final : public stream_source<T> {
public:
    unpacking_source(asio::any_io_executor on, std::shared_ptr<receiving_end<Serializer>> from,
                     Serializer serializer, errc wrong, std::string name)
        : stream_source<T>(std::move(on)), from_(std::move(from)),
          serializer_(std::move(serializer)), wrong_(wrong), name_(std::move(name)) {}

    std::uint64_t receive(completion<outcome<T>> done) override {
        return from_->pipe->receive(
            {this->executor,
             [pipe = from_->pipe, serializer = serializer_, wrong = wrong_, name = name_,
              done = std::move(done)](answer<Serializer> const& given) mutable {
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
    std::shared_ptr<receiving_end<Serializer>> const from_;
    Serializer const serializer_;
    errc const wrong_;
    std::string const name_;
};

/// Takes the streams out of the arguments of a call: what is left travels packed.
/// Errors: cannot_encode, if a stream packs by another serializer; why one of them was closed.
template <class Serializer, class... Args>
auto take_streams(std::tuple<Args...> arguments, call_streams<Serializer>& streams,
                  std::error_code& error) {
    auto const one = [&]<class T>(T& argument) {
        if constexpr (requires { argument.sink(); }) {
            using sink = packing_sink<typename T::item_type, Serializer>;
            auto const known = std::dynamic_pointer_cast<sink>(argument.sink());
            auto const unfit = known ? known->pipe->closed() : errc::cannot_encode;
            if (unfit)
                error = unfit;
            else
                streams.arguments.push_back(
                    std::make_shared<receiving_end<Serializer>>(known->pipe));
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

} // namespace hubbub::detail
