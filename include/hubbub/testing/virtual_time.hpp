// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/virtual_clock.hpp>
#include <hubbub/testing/failure.hpp>

#include <asio/io_context.hpp>

#include <chrono>
#include <concepts>
#include <source_location>
#include <string>
#include <string_view>

namespace hubbub::testing {

/// Time that a test owns: what waits in the library waits for the test to go on, and nothing waits
/// in earnest, so that an hour passes in a millisecond, and in the same way each time.
///
/// The test owns chance too: the ids of the hubs and streams on io, which are random elsewhere, are
/// the same each time. Hence two contexts in virtual time share no broker.
///
/// It counts for the transports, buses and hubs that are made on io after it. Real remain sockets,
/// the timers of redis_transport, and the asio::steady_timers of the code under test.
///
/// Ordering:      waits end in the order of their times, of the same time in the order begun; all
///                that is ready runs before time goes on.
/// Thread safety: one thread, which alone runs io. now() from any thread.
/// Lifetime:      a handle; the time itself lives as long as io.
///
/// @code
/// asio::io_context io;
/// hubbub::testing::virtual_time time{io};
/// hubbub::local_transport transport{io.get_executor(), broker};  // and what else is tested
/// time.run_for(5s);
/// @endcode
class virtual_time {
public:
    using time_point = std::chrono::steady_clock::time_point;
    using duration = time_point::duration;

    explicit virtual_time(asio::io_context& io)
        : io_(&io), clock_(&asio::use_service<hubbub::detail::virtual_clock>(io)) {}

    time_point now() const { return clock_->now(); }

    /// Runs what is ready, jumps to the next wait that ends, and so on, for so long.
    void run_for(duration time) {
        auto const end = now() + time;
        run_ready();
        while (advance(end))
            run_ready();
        clock_->advance(end);
    }

    /// Runs io until condition holds, which is asked after each handler. For so long at most, in
    /// virtual time.
    /// Errors: failure, which names what was awaited.
    template <std::predicate Condition>
    void run_until(Condition condition, std::string_view awaited,
                   duration bound = std::chrono::hours(1),
                   std::source_location where = std::source_location::current()) {
        auto const end = now() + bound;
        while (!condition()) {
            if (!run_one() && !advance(end))
                throw failure("waited in vain for " + std::string(awaited), where);
        }
    }

private:
    void run_ready() {
        io_->restart();
        io_->poll();
    }

    bool run_one() {
        io_->restart();
        return io_->poll_one() != 0;
    }

    /// Jumps to the next wait that ends by then; false if there is none.
    bool advance(time_point end) {
        auto const next = clock_->next();
        if (!next || *next > end)
            return false;
        clock_->advance(*next);
        return true;
    }

    asio::io_context* io_;
    hubbub::detail::virtual_clock* clock_;
};

} // namespace hubbub::testing
