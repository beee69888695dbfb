// SPDX-License-Identifier: MIT
#pragma once

#include "program.hpp"

#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>

namespace bench {

namespace detail {

inline std::atomic<pid_t> child = 0;

/// SIGINT and SIGTERM: from fork until the child may have them they wait.
inline sigset_t end_signals() noexcept {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return set;
}

inline int await_child() {
    struct sigaction forward{};
    forward.sa_handler = [](int signal) { ::kill(child, signal); };
    forward.sa_flags = SA_RESTART;
    sigaction(SIGINT, &forward, nullptr);
    sigaction(SIGTERM, &forward, nullptr);
    auto const set = end_signals();
    sigprocmask(SIG_UNBLOCK, &set, nullptr);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

} // namespace detail

/// Calls body in a process of its own, so that the end of it is seen whatever it is. Returns what body
/// returned, or what crashed does, given the signal that ended it. Ctrl-C and SIGTERM go to body.
/// Before there is another thread. Errors: throws failure if there can be no other process.
template <class Body, class Crashed>
int run_in_child(Body body, Crashed crashed) {
    auto const set = detail::end_signals();
    sigprocmask(SIG_BLOCK, &set, nullptr);
    auto const parent = getpid();
    detail::child = fork();
    if (detail::child < 0)
        throw failure("cannot fork");
    if (detail::child == 0) {
        setpgid(0, 0); // a terminal's Ctrl-C is forwarded, and would else come twice
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        sigprocmask(SIG_UNBLOCK, &set, nullptr);
        return getppid() == parent ? body() : 1;
    }
    int const status = detail::await_child();
    return WIFSIGNALED(status) ? crashed(WTERMSIG(status)) : WEXITSTATUS(status);
}

} // namespace bench
