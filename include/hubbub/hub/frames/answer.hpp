// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/error.hpp>
#include <hubbub/hub/frames/packed.hpp>
#include <hubbub/hub/outcome.hpp>

#include <asio/associated_cancellation_slot.hpp>
#include <asio/error.hpp>

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

namespace hubbub::detail {

struct presence_answer;
struct server_message;

/// The answer of a method: a value or none, or the reason why it failed.
struct answer {
    std::error_code error = {};
    std::string text = {};
    packed value = {};
    /// The answer to verb::ask, in place of a value.
    std::shared_ptr<presence_answer const> presence = {};
    /// The exception that it threw, for the hub's owner.
    std::exception_ptr thrown = {};
};

/// Takes the answer of one call. Destroyed without one, it takes that for a failure.
class answer_sink {
public:
    answer_sink() = default;
    answer_sink(answer_sink const&) = delete;
    answer_sink& operator=(answer_sink const&) = delete;
    virtual ~answer_sink() = default;

    /// The first time counts. Any thread.
    virtual void take(answer given) = 0;

    /// The answer may take long: calls that wait for this one need not wait for it.
    virtual void pass_turn() {}
};

/// The answer to a method that threw what is being handled now. Call it in a catch block.
answer answer_with_exception(bool detailed);

/// The answer where a conversion of the user's threw what is being handled now: cannot_encode. Call
/// it in a catch block.
answer answer_with_failed_conversion();

/// The answer to another server under its number. Errors of others than hubbub go as server_failed,
/// with what they say.
server_message frame_of(std::uint64_t request, answer given);
/// The answer as it came.
answer answer_of(server_message const& m);

/// An answer with a value. Errors of it: cannot_encode, also if a conversion of the user's throws.
template <class Serializer, class Value>
answer answer_with(Serializer const& serializer, Value&& value) {
    answer given;
    try {
        given.error =
            detail::pack(serializer, argument<Value>(std::forward<Value>(value)), given.value);
    } catch (...) { // what it is goes to the hub's owner
        given = answer_with_failed_conversion();
    }
    return given;
}

/// Reads an answer as a T. Errors: wrong_result.
template <class T, class Serializer>
outcome<T> outcome_of(Serializer const& serializer, answer const& given) {
    if (given.error)
        return {given.error, given.text};
    if constexpr (std::is_void_v<T>) {
        return {};
    } else {
        T value{};
        if (detail::unpack(serializer, given.value, value))
            return {hub_errc::wrong_result, {}};
        return outcome<T>(std::move(value));
    }
}

/// Completes a call with an R out of its answer. If the handler's slot is emitted it completes at
/// once as operation_aborted, and calls on_cancel.
template <class R, class Serializer, class Handler>
completion<answer> reply_to(Handler handler, asio::any_io_executor const& fallback,
                            Serializer const& serializer, std::function<void()> on_cancel = {}) {
    auto const hook = hook_of(asio::get_associated_cancellation_slot(handler));
    auto executor = executor_of(handler, fallback);
    completion<answer> done(std::move(executor), [wrapped = cancellable_handler(std::move(handler)),
                                                  serializer](answer const& given) mutable {
        reply<R>::give(wrapped, outcome_of<typename reply<R>::value>(serializer, given));
    });
    return unless_cancelled(hook, fallback, std::move(done), std::move(on_cancel),
                            {.error = asio::error::operation_aborted});
}

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/frames/impl/answer.ipp>
#endif
