// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/error.hpp>
#include <hubbub/hub/calls/packed.hpp>
#include <hubbub/hub/outcome.hpp>

#include <exception>
#include <optional>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

namespace hubbub::detail {

/// What a method answers: a value or none, or why it failed.
template <class Serializer>
struct answer {
    std::error_code error = {};
    std::string text = {};
    std::optional<packed<Serializer>> value = {};
    /// What it threw, for the hub's owner.
    std::exception_ptr thrown = {};
};

/// Waits for the answer of one call. Destroyed without one, it takes that for a failure.
template <class Serializer>
class answered {
public:
    answered() = default;
    answered(answered const&) = delete;
    answered& operator=(answered const&) = delete;
    virtual ~answered() = default;

    /// The first time counts. Any thread.
    virtual void take(answer<Serializer> given) = 0;

    /// It may be long: what waits for this call need not wait for its answer.
    virtual void pass_turn() {}
};

/// An answer with a value. Errors of it: cannot_encode, also if a conversion of the user's throws.
template <class Serializer, class Value>
answer<Serializer> answer_with(Serializer const& serializer, Value&& value) {
    answer<Serializer> given;
    try {
        given.error =
            pack(serializer, argument<Value>(std::forward<Value>(value)), given.value.emplace());
    } catch (...) { // what it is goes to the hub's owner
        given = {.error = errc::cannot_encode, .thrown = std::current_exception()};
    }
    return given;
}

/// The answer to a method that threw what is being handled now. Call it in a catch block.
template <class Serializer>
answer<Serializer> answer_with_exception(bool detailed) {
    answer<Serializer> given{.error = errc::method_failed, .thrown = std::current_exception()};
    try {
        throw;
    } catch (hub_error const& told) {
        given.text = told.what();
        given.thrown = nullptr; // told to whom it concerns
    } catch (std::exception const& e) {
        if (detailed)
            given.text = e.what();
    } catch (...) { // what it is goes to the hub's owner
    }
    return given;
}

/// What the asker of a T gets. Errors: wrong_result.
template <class T, class Serializer>
outcome<T> outcome_of(Serializer const& serializer, answer<Serializer> const& given) {
    if (given.error)
        return {given.error, given.text};
    if constexpr (std::is_void_v<T>) {
        return {};
    } else {
        packed<Serializer> const nothing{};
        T value{};
        if (auto const error = unpack(serializer, given.value ? *given.value : nothing, value))
            return {errc::wrong_result, {}};
        return outcome<T>(std::move(value));
    }
}

} // namespace hubbub::detail
