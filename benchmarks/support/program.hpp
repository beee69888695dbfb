// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string_view>

namespace bench {

/// The command line is wrong; the text says what, and what would be right.
struct usage_error : std::runtime_error {
    using runtime_error::runtime_error;
};

/// The program cannot answer its question; the text says why.
struct failure : std::runtime_error {
    using runtime_error::runtime_error;
};

/// Ctrl-C, or an end asked for by SIGTERM.
struct interruption {};

namespace detail {

inline std::atomic<int> caught_signal = 0;

inline void watch_signals() {
    std::signal(SIGPIPE, SIG_IGN); // a Redis that goes away is an error of write
    struct sigaction action{};
    action.sa_handler = [](int signal) { caught_signal = signal; };
    action.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND); // the second one ends at once
    for (int const signal : {SIGINT, SIGTERM})
        sigaction(signal, &action, nullptr);
}

} // namespace detail

/// Called wherever the main thread waits or begins something. Errors: throws interruption.
inline void check_interruption() {
    if (detail::caught_signal != 0)
        throw interruption{};
}

/// Calls body, which returns the exit status; makes a line and a status of what it throws.
template <class Body>
int run_program(std::string_view name, Body body) {
    detail::watch_signals();
    try {
        return body();
    } catch (usage_error const& e) {
        fmt::print(stderr, "{}: {}\n", name, e.what());
        return 2;
    } catch (interruption const&) {
        return 128 + detail::caught_signal;
    } catch (std::exception const& e) {
        fmt::print(stderr, "{}: {}\n", name, e.what());
        return 1;
    }
}

} // namespace bench
