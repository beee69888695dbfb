// SPDX-License-Identifier: MIT
#pragma once

// Include it where methods of a hub are coroutines:
//
//     hub.on("slow", [](hubbub::caller who, int n) -> asio::awaitable<int> { ... co_return n; });

#include <hubbub/hub/frames/answer.hpp>
#include <hubbub/hub/streams/stop_list.hpp>
#include <hubbub/hub/streams/stream_pipe.hpp>
#include <hubbub/hub/typed/typed_method.hpp>

#include <asio/awaitable.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/co_spawn.hpp>
#include <asio/strand.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <system_error>
#include <type_traits>
#include <utility>

namespace hubbub::detail {

/// A coroutine that runs, which can be cancelled from any thread.
class running_coroutine final : public stoppable,
                                public std::enable_shared_from_this<running_coroutine> {
public:
    explicit running_coroutine(asio::any_io_executor const& executor)
        : strand_(asio::make_strand(executor)) {}

    void stop(std::error_code why) override {
        asio::post(strand_, [self = shared_from_this(), why] {
            if (self->ended_ || self->stopped_)
                return;
            self->stopped_ = why;
            self->signal_.emit(asio::cancellation_type::terminal);
        });
    }

    /// Returns the strand on which the coroutine runs. Its cancellation signal is emitted there
    /// alone, since asio::cancellation_signal is not thread-safe.
    auto const& executor() const noexcept { return strand_; }
    asio::cancellation_slot slot() noexcept { return signal_.slot(); }

    /// To be called once, on the strand, when the coroutine has ended: returns why it was stopped,
    /// or none if it was not.
    std::optional<std::error_code> end() {
        ended_ = true;
        return stopped_;
    }

private:
    asio::strand<asio::any_io_executor> strand_;
    asio::cancellation_signal signal_;
    bool ended_ = false;
    std::optional<std::error_code> stopped_;
};

/// A method that is a coroutine runs on a strand of the bus's executor, and answers when it
/// returns. It must take its arguments by value or read them before it first awaits: a copy is kept
/// meanwhile. When its connection ends it is cancelled (terminal).
template <class R, class Executor>
struct method_result<asio::awaitable<R, Executor>> {
    static constexpr bool at_once = false;

    template <class Serializer, class Run>
    static void answer(method_call call, Serializer const& serializer, Run run) {
        auto const running = std::make_shared<running_coroutine>(call.executor);
        auto const who = call.who;
        auto const result = call.streams.result;
        asio::co_spawn(
            running->executor(), answer_later(running, std::move(call), serializer, std::move(run)),
            // It keeps the signal until co_spawn has let go of the slot, also if the
            // coroutine never waits and its frame is gone by then.
            asio::bind_cancellation_slot(running->slot(), [running](std::exception_ptr const&) {}));
        state_of(who).stop_at_end(running);
        if (result)
            result->stop_at_close(running);
    }

private:
// Its frame holds a method of the user's, mostly a lambda; of which g++ warns in any header.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif
    template <class Serializer, class Run>
    static asio::awaitable<void> answer_later(std::shared_ptr<running_coroutine> running,
                                              method_call call, Serializer serializer, Run run) {
        if (call.passes_turn) // when it first waits, for this strand is its own until then
            asio::post(running->executor(), [done = call.done] { done->pass_turn(); });
        detail::answer given;
        try {
            if constexpr (std::is_void_v<R>)
                co_await run();
            else
                given = answer_with(serializer, co_await run());
        } catch (...) { // whatever a method throws is an answer
            given = answer_with_exception(call.detailed_errors);
        }
        if (auto const why = running->end(); why && given.error)
            given = {.error = *why}; // it threw to end
        call.done->take(std::move(given));
    }
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
};

} // namespace hubbub::detail
