// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <variant>

namespace hubbub {

/// Thrown by a method to tell its caller why. The text of other exceptions is told only with
/// hub_options::detailed_errors.
class hub_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

namespace detail {

struct failure {
    std::error_code error;
    std::string text;
};

} // namespace detail

/// The result of a call: a T, or the reason why there is none, with its text. Name it as the result
/// to have that text; a call of a T completes with a std::error_code and a T.
///
/// @code
/// using result = hubbub::outcome<int>;
/// auto const sum = co_await connection.async_invoke<result>("add", 2, 3, asio::use_awaitable);
/// if (!sum)
///     log(sum.text());
/// @endcode
template <class T>
class [[nodiscard]] outcome {
public:
    /// The answer.
    explicit outcome(T value) : result_(std::in_place_index<1>, std::move(value)) {}
    /// Why there is none; text may be empty.
    outcome(std::error_code error, std::string text)
        : result_(std::in_place_index<0>, error, std::move(text)) {}

    explicit operator bool() const noexcept { return result_.index() == 1; }

    /// Precondition for these: there is one.
    T& operator*() & { return *std::get_if<1>(&result_); }
    T const& operator*() const& { return *std::get_if<1>(&result_); }
    T&& operator*() && { return std::move(*std::get_if<1>(&result_)); }
    T* operator->() { return std::get_if<1>(&result_); }
    T const* operator->() const { return std::get_if<1>(&result_); }

    /// The answer. Throws std::system_error with error() and text() if there is none.
    T value() && {
        if (!*this)
            throw std::system_error(error(), text());
        return *std::move(*this);
    }

    /// Returns why the call failed; no error if there is an answer.
    std::error_code error() const noexcept {
        auto const* const failed = std::get_if<0>(&result_);
        return failed != nullptr ? failed->error : std::error_code{};
    }

    /// Returns the text that the other side gave, or else the meaning of the error.
    std::string text() const {
        auto const* const failed = std::get_if<0>(&result_);
        return failed == nullptr      ? ""
               : failed->text.empty() ? failed->error.message()
                                      : failed->text;
    }

private:
    std::variant<detail::failure, T> result_;
};

/// The result of a call that gives nothing back: whether it succeeded, and if not, why.
template <>
class [[nodiscard]] outcome<void> {
public:
    outcome() = default;
    outcome(std::error_code error, std::string text) : failed_{error, std::move(text)} {}

    explicit operator bool() const noexcept { return !failed_.error; }

    /// Throws std::system_error with error() and text() if it failed.
    void value() const {
        if (!*this)
            throw std::system_error(error(), text());
    }

    std::error_code error() const noexcept { return failed_.error; }
    std::string text() const {
        return !failed_.error ? "" : failed_.text.empty() ? failed_.error.message() : failed_.text;
    }

private:
    detail::failure failed_;
};

namespace detail {

/// How an operation that gives an R completes: as Asio's do; one of an outcome, with that.
template <class R>
struct reply {
    using value = R;
    using signature = void(std::error_code, R);

    template <class Handler>
    static void give(Handler& handler, outcome<R> result) {
        if (result)
            handler(std::error_code(), *std::move(result));
        else
            handler(result.error(), R{});
    }
};

template <>
struct reply<void> {
    using value = void;
    using signature = void(std::error_code);

    template <class Handler>
    static void give(Handler& handler, outcome<void> const& result) {
        handler(result.error());
    }
};

template <class R>
struct reply<outcome<R>> {
    using value = R;
    using signature = void(outcome<R>);

    template <class Handler>
    static void give(Handler& handler, outcome<R> result) {
        handler(std::move(result));
    }
};

} // namespace detail
} // namespace hubbub
