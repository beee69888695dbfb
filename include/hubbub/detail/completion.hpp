// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/detail/asio.hpp>

#include <memory>
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

    /// Completes the operation; the object is empty afterwards.
    void operator()(Results... results) {
        if (auto const once = std::exchange(operation_, nullptr))
            once->complete(std::move(results)...);
    }

private:
    struct operation_base {
        virtual ~operation_base() = default;
        virtual void complete(Results... results) = 0;
    };

    template <class Executor, class Handler>
    struct operation final : operation_base {
        operation(Executor executor, Handler&& h)
            : work(std::move(executor)), handler(std::move(h)) {}

        void complete(Results... results) override {
            asio::post(work.get_executor(),
                       [handler = std::move(handler),
                        results = std::tuple<Results...>(std::move(results)...)]() mutable {
                           std::apply(std::move(handler), std::move(results));
                       });
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
