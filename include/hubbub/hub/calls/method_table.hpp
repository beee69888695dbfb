// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/error.hpp>
#include <hubbub/flow/topic_table.hpp>
#include <hubbub/hub/caller.hpp>
#include <hubbub/hub/calls/answer.hpp>
#include <hubbub/hub/calls/signature.hpp>
#include <hubbub/hub/calls/wrong_arguments.hpp>
#include <hubbub/hub/invocation.hpp>
#include <hubbub/hub/streams/method_streams.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>

namespace hubbub::detail {

/// One call of a method, on its way to it.
template <class Serializer>
struct method_call {
    caller who;
    invocation<Serializer> what;
    std::shared_ptr<answered<Serializer>> done;
    /// Where what the method awaits goes on.
    asio::any_io_executor executor;
    /// Whether the caller is told the text of any exception.
    bool detailed_errors = false;
    call_streams<Serializer> streams = {};
    /// It may be long: the next call runs when this one has begun.
    bool passes_turn = false;
};

/// How a method that returns an R answers: at once. Others specialize it (hub/coroutines.hpp).
template <class R>
struct method_result {
    static constexpr bool at_once = true;

    /// Calls run, which calls the method and owns its arguments.
    template <class Serializer, class Run>
    static void answer(method_call<Serializer> call, Run run) {
        try {
            if constexpr (std::is_void_v<R>) {
                run();
                call.done->take({});
            } else {
                call.done->take(answer_with(call.what.serializer(), run()));
            }
        } catch (...) { // whatever a method throws is an answer
            call.done->take(answer_with_exception<Serializer>(call.detailed_errors));
        }
    }
};

/// Typed methods by name.
///
/// Thread safety: all functions, from any thread; methods run with no lock held, on the thread
/// that calls.
template <class Serializer>
class method_table {
public:
    explicit method_table(bool ignores_case = false) : ignores_case_(ignores_case) {}

    /// Replaces the method of this name, if there is one.
    template <class Method>
    void on(std::string_view name, Method method) {
        static_assert(has_one_signature<Method>,
                      "hubbub: a method needs one signature, from which its arguments' types are "
                      "taken; write them out instead of auto");
        if constexpr (has_one_signature<Method>) {
            auto shared = std::make_shared<Method>(std::move(method));
            auto typed = std::make_shared<entry>([shared](method_call<Serializer> call) {
                decode_and_call(shared, std::move(call));
            });
            std::lock_guard const lock(mutex_);
            methods_[key(name)].swap(typed); // the one before is a user's: destroyed after the lock
        }
    }

    /// Calls a method; call.done takes its answer.
    /// Errors of the answer: unknown_method, wrong_arguments, method_failed.
    void call(method_call<Serializer> call) const {
        std::shared_ptr<entry> found;
        {
            std::lock_guard const lock(mutex_);
            if (auto const at = methods_.find(key(call.what.method())); at != methods_.end())
                found = at->second;
        }
        if (found)
            return (*found)(std::move(call));
        call.done->take({.error = errc::unknown_method,
                         .text = "there is no method '" + std::string(call.what.method()) + "'"});
    }

private:
    using entry = std::function<void(method_call<Serializer>)>;

    template <class Method>
    static void decode_and_call(std::shared_ptr<Method> const& method,
                                method_call<Serializer> call) {
        using parts = split<typename signature<Method>::arguments>;
        using streamed = stream_parameters<typename parts::arguments>;
        using plain = typename streamed::plain;
        using result = typename signature<Method>::result;
        plain given;
        if (call.what.arguments(given))
            return call.done->take(
                {.error = errc::wrong_arguments,
                 .text = wrong_arguments(std::type_identity<plain>{}, call.what.serializer(),
                                         call.what.method(), call.what.packed_arguments())});
        if (auto text = streamed::mismatch(call); !text.empty())
            return call.done->take({.error = errc::wrong_arguments, .text = std::move(text)});
        call.passes_turn = !std::is_same_v<plain, typename parts::arguments>;
        auto run = [method, who = call.who,
                    arguments = std::tuple_cat(std::move(given), streamed::take(call))]() mutable {
            if constexpr (parts::takes_caller)
                return std::apply(
                    *method, std::tuple_cat(std::tie(std::as_const(who)), std::move(arguments)));
            else
                return std::apply(*method, std::move(arguments));
        };
        if constexpr (streamed::answers && std::is_void_v<result>)
            answer_by_stream(call, std::move(run));
        else
            method_result<result>::answer(std::move(call), std::move(run));
    }

    /// The method may keep the writer, whose end is the answer.
    template <class Run>
    static void answer_by_stream(method_call<Serializer> const& call, Run run) {
        try {
            run();
            call.done->pass_turn();
        } catch (...) { // whatever a method throws is an answer
            call.done->take(answer_with_exception<Serializer>(call.detailed_errors));
        }
    }

    std::string key(std::string_view name) const {
        std::string folded(name);
        if (ignores_case_)
            for (auto& c : folded)
                if (c >= 'A' && c <= 'Z')
                    c = static_cast<char>(c - 'A' + 'a');
        return folded;
    }

    bool const ignores_case_;
    mutable std::mutex mutex_; // guards methods_
    string_map<std::shared_ptr<entry>> methods_;
};

} // namespace hubbub::detail
