// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/error.hpp>
#include <hubbub/hub/calls/method.hpp>
#include <hubbub/hub/frames/answer.hpp>
#include <hubbub/hub/typed/check_method.hpp>
#include <hubbub/hub/typed/signature.hpp>
#include <hubbub/hub/typed/stream_arguments.hpp>
#include <hubbub/hub/typed/wrong_arguments.hpp>

#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace hubbub::detail {

/// How a method that returns an R answers: at once. Others specialize it (hub/coroutines.hpp).
template <class R>
struct method_result {
    static constexpr bool at_once = true;

    /// Calls run, which calls the method and owns its arguments.
    template <class Serializer, class Run>
    static void answer(method_call call, Serializer const& serializer, Run run) {
        try {
            if constexpr (std::is_void_v<R>) {
                run();
                call.done->take({});
            } else {
                call.done->take(answer_with(serializer, run()));
            }
        } catch (...) { // whatever a method throws is an answer
            call.done->take(answer_with_exception(call.detailed_errors));
        }
    }
};

/// A method of the user's, called as its parameters say.
template <class Method, class Serializer>
class typed_method final : public method {
    using parts = split<typename signature<Method>::arguments>;
    using streamed = stream_parameters<typename parts::arguments>;

public:
    using plain = typename streamed::plain;
    using result = typename signature<Method>::result;
    static constexpr bool answers_with_stream = streamed::answers;

    typed_method(Method m, Serializer serializer)
        : method_(std::move(m)), serializer_(std::move(serializer)) {}

    void call(method_call call) override {
        plain given;
        if (detail::unpack(serializer_, call.what.arguments(), given))
            return call.done->take(
                {.error = hub_errc::wrong_arguments,
                 .text = wrong_arguments(std::type_identity<plain>{}, serializer_,
                                         call.what.method(), call.what.arguments())});
        if (auto text = mismatched_streams(call, streamed::readers, streamed::answers);
            !text.empty())
            return call.done->take({.error = hub_errc::wrong_arguments, .text = std::move(text)});
        call.passes_turn = !std::is_same_v<plain, typename parts::arguments>;
        auto run = [this, kept = this->shared_from_this(), who = call.who,
                    arguments = with_streams(std::move(given), call)]() mutable {
            if constexpr (parts::takes_caller)
                return std::apply(
                    [&](auto&&... all) { return method_(std::as_const(who), std::move(all)...); },
                    std::move(arguments));
            else
                return std::apply(method_, std::move(arguments));
        };
        if constexpr (streamed::answers && std::is_void_v<result>)
            answer_by_stream(call, std::move(run));
        else
            method_result<result>::answer(std::move(call), serializer_, std::move(run));
    }

private:
    auto with_streams(plain given, method_call& call) {
        if constexpr (std::is_same_v<plain, typename parts::arguments>)
            return given;
        else
            return std::tuple_cat(std::move(given), streamed::take(call, serializer_));
    }

    /// The method may keep the writer, whose end is the answer.
    template <class Run>
    static void answer_by_stream(method_call const& call, Run run) {
        try {
            run();
            call.done->pass_turn();
        } catch (...) { // whatever a method throws is an answer
            call.done->take(answer_with_exception(call.detailed_errors));
        }
    }

    Method method_;
    [[no_unique_address]] Serializer const serializer_;
};

/// A method for a table. A callable that can be none is refused with a line that says so.
template <class Method, class Serializer>
std::shared_ptr<method> make_method(Method m, Serializer const& serializer) {
    if constexpr (check_signature<Method>()) {
        using made = typed_method<Method, Serializer>;
        using plain = typename made::plain;
        using result = std::remove_cvref_t<typename made::result>;
        constexpr bool is_awaited = awaited_result<result>;
        constexpr bool answers_once = !made::answers_with_stream || std::is_void_v<result> ||
                                      !method_result<result>::at_once || is_awaited;
        static_assert(answers_once, "hubbub: a method that answers with a stream_writer returns "
                                    "nothing");
        static_assert(can_be_made<plain>,
                      "hubbub: a parameter of a method needs a default constructor");
        static_assert(!is_awaited,
                      "hubbub: a method that is a coroutine needs <hubbub/hub/coroutines.hpp>");
        if constexpr (!can_be_made<plain> || is_awaited)
            return nullptr;
        else if constexpr (!check_decodes<Serializer, plain>())
            return nullptr;
        else if constexpr (std::is_void_v<result> || !method_result<result>::at_once)
            return detail::shared(new made(std::move(m), serializer));
        else if constexpr (check_encodes<Serializer, result>())
            return detail::shared(new made(std::move(m), serializer));
    }
    return nullptr;
}

} // namespace hubbub::detail
