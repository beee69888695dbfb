// SPDX-License-Identifier: MIT
#include <hubbub/hub/cluster/name_claim.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <stdexcept>
#include <utility>

namespace name_claim_test {

using hubbub::detail::name_claim;

TEST_CASE("a transport has one hub of a name at a time, and the next one when that has ended") {
    int const transports[2] = {};
    std::optional<name_claim> first(std::in_place, &transports[0], "chat");
    CHECK_THROWS_AS(name_claim(&transports[0], "chat"), std::invalid_argument);
    CHECK_NOTHROW(name_claim(&transports[0], "chat2"));
    CHECK_NOTHROW(name_claim(&transports[1], "chat"));
    first.reset();
    CHECK_NOTHROW(name_claim(&transports[0], "chat"));
    CHECK_NOTHROW(name_claim(&transports[0], "chat"));
}

TEST_CASE("a claim that is refused says which option is wrong, and takes nothing away") {
    int const transport = 0;
    name_claim const held(&transport, "chat");
    for (int i = 0; i < 2; ++i)
        CHECK_THROWS_WITH(name_claim(&transport, "chat"), doctest::Contains("name"));
}

} // namespace name_claim_test
