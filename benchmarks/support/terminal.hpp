// SPDX-License-Identifier: MIT
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

#include <unistd.h>

namespace bench {

inline bool is_terminal(std::FILE* stream) {
    return isatty(fileno(stream)) == 1;
}

/// A line of its own, in bold on a terminal.
inline void print_heading(std::string_view text) {
    if (is_terminal(stdout))
        fmt::print("\n\033[1m{}\033[0m\n", text);
    else
        fmt::print("\n{}\n", text);
}

/// Tells on standard error what is being done, if that is a terminal; leaves nothing behind.
class progress {
public:
    explicit progress(std::size_t steps) : steps_(steps), shown_(is_terminal(stderr)) {}
    progress(progress const&) = delete;
    progress& operator=(progress const&) = delete;
    ~progress() {
        if (shown_)
            fmt::print(stderr, "\r\033[K");
    }

    void step(std::string_view what) {
        ++step_;
        if (shown_)
            fmt::print(stderr, "\r\033[K[{}/{}] {}", step_, steps_, what);
    }

private:
    std::size_t steps_;
    std::size_t step_ = 0;
    bool shown_;
};

} // namespace bench
