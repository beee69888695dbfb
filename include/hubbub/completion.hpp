// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/base/posting.hpp>
#include <hubbub/base/results.hpp>

#include <concepts>
#include <memory>
#include <utility>

namespace hubbub {

namespace detail {

/// An operation that completes with Results.
template <class... Results>
class operation_with : public operation {
public:
    using operation::operation;
    late<result_pack<Results...>> results;
};

/// One whose handler runs on an executor of any type that there is.
template <class Handler, class... Results>
class handler_operation : public operation_with<Results...> {
public:
    handler_operation(asio::any_io_executor&& executor, Handler&& handler)
        : operation_with<Results...>(std::move(executor)), handler_(std::move(handler)) {}

    bool is_wanted() const noexcept override {
        if constexpr (requires { handler_.is_wanted(); })
            return handler_.is_wanted();
        else
            return true;
    }

    void call(std::unique_ptr<operation> self) override {
        auto called = std::move(handler_);
        auto with = this->results.take();
        self.reset();
        with.give_to(std::move(called));
    }

protected:
    /// For one that posts itself.
    explicit handler_operation(Handler&& handler) : handler_(std::move(handler)) {}

private:
    Handler handler_;
};

/// One on an executor that is no any_io_executor, as that of asio::use_future.
template <class Executor, class Handler, class... Results>
class handler_operation_on final : public handler_operation<Handler, Results...> {
public:
    handler_operation_on(Executor&& executor, Handler&& handler)
        : handler_operation<Handler, Results...>(std::move(handler)), work_(std::move(executor)) {}

    void post(std::unique_ptr<operation> self) override {
        auto const executor = work_.get_executor(); // self may run, and end, before post returns
        asio::post(executor, posted_operation{std::move(self)});
    }

private:
    asio::executor_work_guard<Executor> work_;
};

} // namespace detail

/// The other end of one asynchronous operation: called once, it posts the operation's handler to
/// the handler's executor. Empty when nobody waits, and then calling it does nothing.
///
/// Since it posts, it runs no user code, and may be called while a lock is held.
template <class... Results>
class completion {
public:
    completion() = default;

    /// Will call `handler(Results...)` on executor, which is kept busy until then.
    template <class Executor, class Handler>
    completion(Executor executor, Handler handler) {
        // Not by make_unique: it instantiates as much again for each handler.
        if constexpr (std::same_as<Executor, asio::any_io_executor>)
            operation_.reset(new detail::handler_operation<Handler, Results...>(
                std::move(executor), std::move(handler)));
        else
            operation_.reset(new detail::handler_operation_on<Executor, Handler, Results...>(
                std::move(executor), std::move(handler)));
    }

    /// Completes an operation that has been made.
    explicit completion(std::unique_ptr<detail::operation_with<Results...>> made) noexcept
        : operation_(std::move(made)) {}

    explicit operator bool() const noexcept { return operation_ != nullptr; }

    /// False if nobody waits any more, and then it may be forgotten: it is empty, or its handler
    /// has a `bool is_wanted() const noexcept` that says so.
    bool is_wanted() const noexcept { return operation_ && operation_->is_wanted(); }

    /// Completes the operation; the object is empty afterwards.
    void operator()(Results... results) {
        if (!operation_)
            return;
        auto& leaving = static_cast<detail::operation_with<Results...>&>(*operation_);
        leaving.results.put(std::move(results)...);
        leaving.post(std::move(operation_));
    }

    /// Takes the operation out, for what completes it in a way of its own.
    std::unique_ptr<detail::operation> release() noexcept { return std::move(operation_); }

private:
    std::unique_ptr<detail::operation> operation_;
};

namespace detail {

/// Where handler is to be called: on its own executor, else on fallback. Its type is not erased:
/// that of asio::use_future is no any_io_executor.
template <class Handler>
auto executor_of(Handler const& handler, asio::any_io_executor const& fallback) {
    return asio::get_associated_executor(handler, fallback);
}

} // namespace detail
} // namespace hubbub
