// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>

#include <memory>
#include <optional>
#include <tuple>
#include <utility>

namespace hubbub {

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
    completion(Executor executor, Handler handler)
        : operation_(std::make_unique<operation<Executor, Handler>>(std::move(executor),
                                                                    std::move(handler))) {}

    explicit operator bool() const noexcept { return operation_ != nullptr; }

    /// False if nobody waits any more, and then it may be forgotten: it is empty, or its handler
    /// has a `bool is_wanted() const noexcept` that says so.
    bool is_wanted() const noexcept { return operation_ && operation_->is_wanted(); }

    /// Completes the operation; the object is empty afterwards.
    void operator()(Results... results) {
        if (!operation_)
            return;
        operation_->results.emplace(std::move(results)...);
        auto& leaving = *operation_;
        leaving.post(std::move(operation_));
    }

private:
    struct operation_base {
        operation_base() = default;
        operation_base(operation_base const&) = delete;
        operation_base& operator=(operation_base const&) = delete;
        virtual ~operation_base() = default;

        virtual bool is_wanted() const noexcept = 0;
        /// Has call called on the handler's executor. self, here and there, is what owns this.
        virtual void post(std::unique_ptr<operation_base> self) = 0;
        /// Frees self before the handler runs, as Asio does.
        virtual void call(std::unique_ptr<operation_base> self) = 0;

        std::optional<std::tuple<Results...>> results;
    };

    /// What is posted: of one type for all handlers, so that Asio's part is compiled once.
    struct posted {
        std::unique_ptr<operation_base> operation;
        void operator()() {
            auto& arrived = *operation;
            arrived.call(std::move(operation));
        }
    };

    template <class Executor, class Handler>
    struct operation final : operation_base {
        operation(Executor executor, Handler&& h)
            : work(std::move(executor)), handler(std::move(h)) {}

        bool is_wanted() const noexcept override {
            if constexpr (requires { handler.is_wanted(); })
                return handler.is_wanted();
            else
                return true;
        }

        void post(std::unique_ptr<operation_base> self) override {
            auto const executor = work.get_executor(); // self may run, and end, before post returns
            asio::post(executor, posted{std::move(self)});
        }

        void call(std::unique_ptr<operation_base> self) override {
            auto called = std::move(handler);
            auto with = std::move(*this->results);
            self.reset();
            std::apply(std::move(called), std::move(with));
        }

        asio::executor_work_guard<Executor> work;
        Handler handler;
    };

    std::unique_ptr<operation_base> operation_;
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
