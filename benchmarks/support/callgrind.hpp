// SPDX-License-Identifier: MIT
#pragma once

#include "arguments.hpp"
#include "program.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bench {

namespace detail {

/// Runs a program and returns what it printed, both outputs. Errors: throws failure.
inline std::string output_of(std::vector<std::string> const& command, int& status) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        throw failure(fmt::format("pipe: {}", std::strerror(errno)));
    std::vector<char*> words;
    for (auto const& word : command)
        words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    auto const child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        execvp(words[0], words.data());
        _exit(127);
    }
    close(ends[1]);
    std::string text;
    std::array<char, 4096> part;
    for (ssize_t n = 0; child > 0 && (n = read(ends[0], part.data(), part.size())) > 0;)
        text.append(part.data(), static_cast<std::size_t>(n));
    close(ends[0]);
    if (child < 0)
        throw failure(fmt::format("fork: {}", std::strerror(errno)));
    waitpid(child, &status, 0);
    return text;
}

} // namespace detail

/// Whether valgrind is installed.
inline bool has_callgrind() {
    int status = 0;
    detail::output_of({"valgrind", "--version"}, status);
    return status == 0;
}

/// How many instructions in user space this very program takes with these arguments.
/// Errors: throws failure, interruption.
inline std::uint64_t instructions_of(std::vector<std::string> const& arguments) {
    std::vector<std::string> command{"valgrind", "--tool=callgrind",
                                     "--callgrind-out-file=/dev/null", "/proc/self/exe"};
    std::array<char, 4096> path{};
    if (readlink("/proc/self/exe", path.data(), path.size() - 1) > 0)
        command.back() = path.data();
    command.insert(command.end(), arguments.begin(), arguments.end());
    int status = 0;
    auto const text = detail::output_of(command, status);
    check_interruption();
    // ==123== Collected : 456
    constexpr std::string_view mark = "Collected : ";
    auto const at = text.find(mark);
    if (status != 0 || at == std::string::npos)
        throw failure(fmt::format("under callgrind: {}", text));
    auto const number = std::string_view(text).substr(at + mark.size());
    return parse_number<std::uint64_t>(number.substr(0, number.find('\n')), 1, UINT64_MAX);
}

} // namespace bench
