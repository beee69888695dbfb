// SPDX-License-Identifier: MIT
// The suite, compiled for all transports that any_transport holds.
#include "support/transports.hpp"

template hubbub::testing::conformance_list<hubbub::any_transport>
hubbub::testing::conformance_cases(hubbub::transport_traits const& promised);
