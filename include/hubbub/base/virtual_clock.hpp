// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/base/config.hpp>
#include <hubbub/completion.hpp>

#include <asio/execution_context.hpp>

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <system_error>
#include <vector>

namespace hubbub::detail {

/// The time of an execution context that a test moves, and chance that is the same in each run: a
/// service of the context, which is there only where a test has put it (testing/virtual_time.hpp).
/// Thread safety: all functions, from any thread.
class virtual_clock : public asio::execution_context::service {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using waiter = completion<std::error_code>;

    static inline asio::execution_context::id id; // by which Asio knows the service

    explicit virtual_clock(asio::execution_context& context) : service(context) {}

    /// That of the executor's context; null if it has none. Searches the context's services.
    static virtual_clock* of(asio::any_io_executor const& executor);

    time_point now() const;

    /// 64 bits that look random.
    std::uint64_t draw();

    /// Completes done at the time given, at once if it has come. owner is what cancel names.
    void wait(void const* owner, time_point until, waiter done);

    /// Ends the waits of this owner as aborted.
    void cancel(void const* owner);

    /// When the next wait ends.
    std::optional<time_point> next() const;

    /// Sets the time forward, and completes what is due, in the order of the times waited for.
    void advance(time_point to);

private:
    struct wait_of {
        time_point until;
        void const* owner;
        waiter done;
    };

    void shutdown() override;

    mutable std::mutex mutex_; // guards what follows
    time_point now_{std::chrono::hours(1)};
    std::uint64_t chance_ = 0;
    std::vector<wait_of> waiting_; // in the order of their times
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/base/impl/virtual_clock.ipp>
#endif
