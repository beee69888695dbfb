// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/base/config.hpp>

#include <asio/error.hpp>

#include <atomic>
#include <concepts>
#include <functional>
#include <memory>
#include <new>
#include <system_error>
#include <tuple>
#include <type_traits>
#include <utility>

namespace hubbub {

namespace detail {

/// The results of one operation, until its handler gets them. A tuple, and for the few that there
/// mostly are, what costs the compiler less than one.
template <class... Results>
struct result_pack {
    explicit result_pack(Results&&... results) : all(std::move(results)...) {}
    template <class Handler>
    void give_to(Handler&& handler) {
        std::apply(std::forward<Handler>(handler), std::move(all));
    }
    std::tuple<Results...> all;
};

template <>
struct result_pack<> {
    template <class Handler>
    void give_to(Handler&& handler) {
        std::forward<Handler>(handler)();
    }
};

template <class Result>
struct result_pack<Result> {
    template <class Handler>
    void give_to(Handler&& handler) {
        std::forward<Handler>(handler)(std::move(only));
    }
    Result only;
};

template <class First, class Second>
struct result_pack<First, Second> {
    template <class Handler>
    void give_to(Handler&& handler) {
        std::forward<Handler>(handler)(std::move(first), std::move(second));
    }
    First first;
    Second second;
};

/// Room for a value that is put in later, if at all: an optional that does less, and costs the
/// compiler less.
template <class T>
class late {
public:
    late() noexcept {}
    late(late const&) = delete;
    late& operator=(late const&) = delete;
    ~late() {
        if (there_)
            value_.~T();
    }

    /// Precondition: it is empty.
    template <class... Parts>
    void put(Parts&&... parts) {
        ::new (static_cast<void*>(&value_)) T{std::forward<Parts>(parts)...};
        there_ = true;
    }

    /// Precondition: it is not. The value that stays is moved from.
    T take() { return std::move(value_); }

private:
    union {
        T value_;
    };
    bool there_ = false;
};

/// One asynchronous operation that is to end by a call of its handler, whatever that is and gets:
/// what is posted for it is of one type, so that Asio's part is compiled once.
class operation {
public:
    operation(operation const&) = delete;
    operation& operator=(operation const&) = delete;
    virtual ~operation() = default;

    /// Whether anybody waits for the end.
    virtual bool is_wanted() const noexcept = 0;
    /// Posts call to the handler's executor. self, here and there, owns this object.
    virtual void post(std::unique_ptr<operation> self);
    /// Frees self before the handler runs, as Asio does.
    virtual void call(std::unique_ptr<operation> self) = 0;

    /// Where the handler runs; empty for one that posts itself.
    asio::any_io_executor const& executor() const noexcept { return executor_; }

protected:
    /// On executor, which is kept busy while the operation lives.
    explicit operation(asio::any_io_executor&& executor);
    /// For one that posts itself.
    operation() = default;

private:
    asio::any_io_executor executor_;
    asio::any_io_executor work_;
};

/// The function object that is posted.
struct posted_operation {
    std::unique_ptr<operation> of;
    void operator()() {
        auto& arrived = *of;
        arrived.call(std::move(of));
    }
};

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

    /// The same with results that another operation had.
    void complete(detail::result_pack<Results...>&& results) {
        if (!operation_)
            return;
        auto& leaving = static_cast<detail::operation_with<Results...>&>(*operation_);
        leaving.results.put(std::move(results));
        leaving.post(std::move(operation_));
    }

    /// Takes the operation out, for what completes it in a way of its own.
    std::unique_ptr<detail::operation> release() noexcept { return std::move(operation_); }

private:
    std::unique_ptr<detail::operation> operation_;
};

namespace detail {

/// Posts call(object) to executor.
void post_shared(asio::any_io_executor const& executor, std::shared_ptr<void> object,
                 void (*call)(void*));

/// Posts a call of Member on object to executor, which keeps object until then: of one posted type,
/// whatever the class.
template <auto Member, class Class>
void post_call(asio::any_io_executor const& executor, std::shared_ptr<Class> object) {
    post_shared(executor, std::move(object),
                [](void* called) { (static_cast<Class*>(called)->*Member)(); });
}

/// Completes an operation once, by whichever comes first: its result, or what ends it before. Any
/// thread.
template <class... Results>
class first_completion {
public:
    /// A result that comes too late is destroyed on executor.
    first_completion(asio::any_io_executor executor, completion<Results...> done)
        : executor_(std::move(executor)), done_(std::move(done)) {}

    bool has_ended() const noexcept { return ended_; }

    /// False, and without effect, if the operation has ended.
    bool operator()(Results... results) {
        if (ended_.exchange(true))
            return false;
        done_(std::move(results)...);
        return true;
    }

    /// The same for the results of an operation that has come to its end, perhaps while a lock is held
    /// that their destructors need.
    void end(std::unique_ptr<operation_with<Results...>> with_results) {
        if (ended_.exchange(true))
            asio::post(executor_, posted_operation{std::move(with_results)});
        else
            done_.complete(with_results->results.take());
    }

private:
    asio::any_io_executor const executor_;
    std::atomic<bool> ended_ = false;
    completion<Results...> done_;
};

/// Hands the result of an operation to a first_completion, on the thread where it comes.
template <class... Results>
class result_of_first final : public operation_with<Results...> {
public:
    explicit result_of_first(std::shared_ptr<first_completion<Results...>> first)
        : first_(std::move(first)) {}

    bool is_wanted() const noexcept override { return !first_->has_ended(); }
    void post(std::unique_ptr<operation> self) override {
        auto const first = first_;
        first->end(std::unique_ptr<operation_with<Results...>>(
            static_cast<operation_with<Results...>*>(self.release())));
    }
    /// Too late: nobody waits any more.
    void call(std::unique_ptr<operation> /*self*/) override {}

private:
    std::shared_ptr<first_completion<Results...>> const first_;
};

template <class... Results>
completion<Results...> completion_by(std::shared_ptr<first_completion<Results...>> first) {
    return completion<Results...>(
        std::unique_ptr<operation_with<Results...>>(new result_of_first(std::move(first))));
}

/// Completes done with `aborted` if hook says so before the operation has ended, and then calls
/// on_cancel. A result that comes later is dropped, on executor.
template <class First, class... Rest>
completion<First, Rest...>
unless_cancelled(cancel_hook const& hook, asio::any_io_executor const& executor,
                 completion<First, Rest...> done, std::function<void()> on_cancel,
                 std::type_identity_t<First> aborted) {
    if (!hook)
        return done;
    auto const first =
        std::make_shared<first_completion<First, Rest...>>(executor, std::move(done));
    hook.call([weak = std::weak_ptr(first), on_cancel = std::move(on_cancel),
               aborted = std::move(aborted)] {
        auto const present = weak.lock();
        if (present && (*present)(aborted, Rest{}...) && on_cancel)
            on_cancel();
    });
    return completion_by(first);
}

/// The completion of a handler that may be cancelled: it then completes with why, at once, and what
/// it has begun goes on.
template <class... Results, class Handler>
completion<std::error_code, Results...>
cancellable_completion(Handler handler, asio::any_io_executor const& fallback,
                       std::error_code why = asio::error::operation_aborted) {
    auto const hook = hook_of(asio::get_associated_cancellation_slot(handler));
    auto executor = executor_of(handler, fallback);
    return unless_cancelled(hook, fallback,
                            completion<std::error_code, Results...>(
                                std::move(executor), cancellable_handler(std::move(handler))),
                            {}, why);
}

} // namespace detail
} // namespace hubbub

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/impl/completion.ipp>
#endif
