// SPDX-License-Identifier: MIT
#include <hubbub/version.hpp>

#include <doctest/doctest.h>

#include <string>

TEST_CASE("the version in the header is the build's") {
    auto const version = std::to_string(HUBBUB_VERSION_MAJOR) + '.' +
                         std::to_string(HUBBUB_VERSION_MINOR) + '.' +
                         std::to_string(HUBBUB_VERSION_PATCH);
    CHECK(version == MESON_PROJECT_VERSION);
}
