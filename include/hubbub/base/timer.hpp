// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/base/bounded.hpp>
#include <hubbub/base/config.hpp>
#include <hubbub/completion.hpp>

#include <chrono>
#include <concepts>
#include <memory>
#include <system_error>
#include <utility>

namespace hubbub::detail {

class virtual_clock;

/// The time that an executor's context goes by: a test's, if the test has put one there before,
/// else the steady clock's. Making one searches the context's services; using it does not.
class time_source {
public:
    using clock = std::chrono::steady_clock;
    using time_point = clock::time_point;

    explicit time_source(asio::any_io_executor const& executor);

    time_point now() const;

private:
    friend class timer;
    virtual_clock* virtual_;
};

/// A timer that goes by its context's time; a wait is aborted when the timer ends.
/// Thread safety: now() from any thread, all else from one at a time.
class timer {
public:
    using time_point = time_source::time_point;

    explicit timer(asio::any_io_executor const& executor)
        : timer(executor, time_source(executor)) {}

    /// The same without a search, for who makes many.
    timer(asio::any_io_executor const& executor, time_source source);

    timer(timer const&) = delete;
    timer& operator=(timer const&) = delete;
    ~timer();

    asio::any_io_executor const& get_executor() const noexcept { return executor_; }
    time_point now() const { return source_.now(); }

    /// A wait that is under way is aborted.
    void expires_at(time_point when);

    template <class Rep, class Period>
    void expires_after(std::chrono::duration<Rep, Period> wait) {
        expires_at(now() + bounded(wait));
    }

    /// Calls `handler(std::error_code)` at the time set, on its own executor, else on the timer's.
    template <class Handler>
    void async_wait(Handler handler) {
        auto executor = executor_of(handler, executor_);
        wait(completion<std::error_code>(std::move(executor), std::move(handler)));
    }

    /// Calls f(owner) at that time, if the owner lives then and no other time was set meanwhile;
    /// never, if that is the time.
    template <class Owner, class F>
    void wake(std::weak_ptr<Owner> owner, time_point when, F f) {
        if (when == time_point::max())
            return cancel();
        expires_at(when);
        async_wait([owner = std::move(owner), f = std::move(f)](std::error_code error) {
            if (auto const present = owner.lock(); present && !error)
                f(*present);
        });
    }

    void cancel();

private:
    /// The timer of Asio, which waits where time is real.
    struct real;

    void wait(completion<std::error_code> done);

    asio::any_io_executor const executor_;
    time_source source_;
    time_point expiry_{};
    std::unique_ptr<real> real_;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/base/impl/timer.ipp>
#endif
