// SPDX-License-Identifier: MIT
#pragma once

// Include it where methods of a hub are coroutines:
//
//     hub.on("slow", [](hubbub::caller who, int n) -> asio::awaitable<int> { ... co_return n; });

#include <hubbub/hub/answer.hpp>
#include <hubbub/hub/method_table.hpp>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include <type_traits>
#include <utility>

namespace hubbub::detail {

/// A method that is a coroutine runs on the bus's executor, and answers when it returns. It must
/// take its arguments by value or read them before it first awaits: a copy is kept meanwhile.
template <class R, class Executor>
struct method_result<asio::awaitable<R, Executor>> {
    static constexpr bool at_once = false;

    template <class Serializer, class Run>
    static void answer(method_call<Serializer> call, Run run) {
        auto executor = call.executor;
        asio::co_spawn(executor, answer_later(std::move(call), std::move(run)), asio::detached);
    }

private:
    template <class Serializer, class Run>
    static asio::awaitable<void> answer_later(method_call<Serializer> call, Run run) {
        detail::answer<Serializer> given;
        try {
            if constexpr (std::is_void_v<R>)
                co_await run();
            else
                given = answer_with(call.what.serializer(), co_await run());
        } catch (...) { // whatever a method throws is an answer
            given = answer_with_exception<Serializer>(call.detailed_errors);
        }
        call.done->take(std::move(given));
    }
};

} // namespace hubbub::detail
