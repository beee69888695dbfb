// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/testing/failure.hpp>

#include <asio/io_context.hpp>

#include <atomic>
#include <chrono>
#include <concepts>
#include <source_location>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace hubbub::testing {

/// The time for which run_until waits before it calls a promise broken. Long, since nobody waits
/// for it unless something is wrong.
constexpr std::chrono::seconds patience{120};

/// Runs io until condition holds, which other threads may bring about too; it is asked after each
/// handler.
/// Errors: failure, which names what was awaited, after patience.
template <std::predicate Condition>
void run_until(asio::io_context& io, Condition condition, std::string_view awaited,
               std::source_location where = std::source_location::current()) {
    constexpr std::chrono::milliseconds glance{10};
    auto const work = asio::make_work_guard(io);
    if (io.stopped())
        io.restart();
    auto const end = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end)
            throw failure("waited in vain for " + std::string(awaited), where);
        io.run_one_for(glance);
    }
}

/// Runs io until it has no work left.
/// Errors: failure after patience.
inline void run_out(asio::io_context& io,
                    std::source_location where = std::source_location::current()) {
    constexpr std::chrono::milliseconds glance{10};
    io.restart();
    auto const end = std::chrono::steady_clock::now() + patience;
    while (!io.stopped()) {
        if (std::chrono::steady_clock::now() > end)
            throw failure("something keeps the io_context busy for ever", where);
        io.run_one_for(glance);
    }
}

/// Threads that run an io_context as long as they live.
class io_threads {
public:
    io_threads(asio::io_context& io, unsigned count) : work_(io.get_executor()) {
        if (io.stopped())
            io.restart();
        for (unsigned i = 0; i < count; ++i)
            threads_.emplace_back([&io, this] {
                while (!stop_)
                    io.run_one_for(std::chrono::milliseconds(10));
            });
    }

    io_threads(io_threads const&) = delete;
    io_threads& operator=(io_threads const&) = delete;
    ~io_threads() {
        stop_ = true;
        for (auto& thread : threads_)
            thread.join();
    }

private:
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    std::atomic<bool> stop_ = false;
    std::vector<std::thread> threads_;
};

/// Threads that each do a piece of work; they are awaited at the end of its scope.
class workers {
public:
    workers() = default;
    workers(workers const&) = delete;
    workers& operator=(workers const&) = delete;
    ~workers() {
        for (auto& thread : threads_)
            thread.join();
    }

    /// Runs work on a thread of its own; it must not throw.
    template <class Work>
    void start(Work work) {
        ++running_;
        threads_.emplace_back([this, work = std::move(work)]() mutable {
            work();
            --running_;
        });
    }

    bool done() const noexcept { return running_ == 0; }

private:
    std::atomic<unsigned> running_ = 0;
    std::vector<std::thread> threads_;
};

} // namespace hubbub::testing
