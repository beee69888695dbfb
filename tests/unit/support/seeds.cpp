// SPDX-License-Identifier: MIT
#include "support/seeds.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace seeds_test {
namespace {

/// Sets HUBBUB_SEED, or takes it away, until the end of the case.
class seed_variable {
public:
    explicit seed_variable(char const* value) {
        if (char const* const now = std::getenv(name))
            before_ = now;
        set(value);
    }
    seed_variable(seed_variable const&) = delete;
    seed_variable& operator=(seed_variable const&) = delete;
    ~seed_variable() { set(before_ ? before_->c_str() : nullptr); }

private:
    static constexpr char const* name = "HUBBUB_SEED";

    static void set(char const* value) {
        if (value != nullptr)
            ::setenv(name, value, 1);
        else
            ::unsetenv(name);
    }

    std::optional<std::string> before_;
};

std::vector<unsigned> seeds_run(unsigned count) {
    std::vector<unsigned> seeds;
    for_each_seed(count, [&](unsigned seed) { seeds.push_back(seed); });
    return seeds;
}

} // namespace

TEST_SUITE_BEGIN("seeds");

TEST_CASE("all seeds are run, from 1 on") {
    seed_variable const none(nullptr);
    CHECK(seeds_run(3) == std::vector<unsigned>{1, 2, 3});
}

TEST_CASE("just the seed is run that HUBBUB_SEED says, also one beyond the others") {
    seed_variable const one("4711");
    CHECK(seeds_run(3) == std::vector<unsigned>{4711});
}

TEST_CASE("a HUBBUB_SEED that is no number runs nothing, and is told") {
    for (auto const* const wrong : {"", "twelve", "12 ", "1.5", "-1", "99999999999999999999"}) {
        seed_variable const set(wrong);
        auto const told = "HUBBUB_SEED is to be a number, and is '" + std::string(wrong) + "'";
        CHECK_THROWS_WITH_AS(seeds_run(3), told.c_str(), std::invalid_argument);
    }
}

TEST_SUITE_END();

} // namespace seeds_test
