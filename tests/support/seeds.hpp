// SPDX-License-Identifier: MIT
#pragma once

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>

/// Calls run(seed) for the seeds from 1 on, as many as told; or for one alone, that of the
/// environment variable HUBBUB_SEED: what a failing one says, it says again in the same way.
template <class Run>
void for_each_seed(unsigned count, Run run) {
    if (char const* const only = std::getenv("HUBBUB_SEED")) {
        auto const seed = static_cast<unsigned>(std::stoul(only));
        INFO("HUBBUB_SEED=", seed);
        return run(seed);
    }
    for (unsigned seed = 1; seed <= count; ++seed) {
        INFO("to run this alone: HUBBUB_SEED=", seed);
        run(seed);
    }
}
