// SPDX-License-Identifier: MIT
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#elif defined(__has_feature)
inline constexpr bool sanitized =
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
inline constexpr bool sanitized = false;
#endif

/// The number in an environment variable, if it is set.
/// Errors: throws std::invalid_argument if it is no number.
inline std::optional<unsigned> number_in(char const* variable) {
    char const* const set = std::getenv(variable);
    if (set == nullptr)
        return std::nullopt;
    std::string_view const text(set);
    unsigned number = 0;
    auto const [after, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || after != text.data() + text.size())
        throw std::invalid_argument(std::string(variable) + " is to be a number, and is '" +
                                    std::string(text) + "'");
    return number;
}

/// As many as HUBBUB_SEEDS says of the programs that take least, or as a newcomer has time for.
inline unsigned many_seeds() {
    return std::max(4U, number_in("HUBBUB_SEEDS").value_or(100)); // a part of them is some
}

/// That of the environment variable HUBBUB_SEED, if it is set.
inline std::optional<unsigned> chosen_seed() {
    return number_in("HUBBUB_SEED");
}

/// Calls run(seed) for the seeds from 1 on, as many as told; or for one alone, the chosen_seed: what
/// a failing one says, it says again in the same way.
template <class Run>
void for_each_seed(unsigned count, Run run) {
    auto const run_one = [&](unsigned seed) {
        INFO("to run this alone: HUBBUB_SEED=", seed);
        run(seed);
    };
    if (auto const only = chosen_seed())
        return run_one(*only);
    for (unsigned seed = 1; seed <= count; ++seed)
        run_one(seed);
}

/// Runs the program of a seed twice: it does the same, at the same times.
template <class Program>
void check_replay(unsigned seed) {
    Program first(seed);
    first.run();
    Program second(seed);
    second.run();
    CHECK(!first.record().empty());
    CHECK(first.record() == second.record());
}
