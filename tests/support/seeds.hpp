// SPDX-License-Identifier: MIT
#pragma once

#include <doctest/doctest.h>

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

/// As many as a test has time for; under a sanitizer each takes about five times as long.
inline constexpr unsigned many_seeds = sanitized ? 100 : 1000;

/// That of the environment variable HUBBUB_SEED, if it is set.
/// Errors: throws std::invalid_argument if it is no number.
inline std::optional<unsigned> chosen_seed() {
    char const* const set = std::getenv("HUBBUB_SEED");
    if (set == nullptr)
        return std::nullopt;
    std::string_view const text(set);
    unsigned seed = 0;
    auto const [after, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
    if (error != std::errc{} || after != text.data() + text.size())
        throw std::invalid_argument("HUBBUB_SEED is to be a number, and is '" + std::string(text) +
                                    "'");
    return seed;
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
