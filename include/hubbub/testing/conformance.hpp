// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/testing/conformance/lifetime.hpp>
#include <hubbub/testing/conformance/limits.hpp>
#include <hubbub/testing/conformance/names.hpp>
#include <hubbub/testing/conformance/objects.hpp>
#include <hubbub/testing/conformance/operations.hpp>
#include <hubbub/testing/conformance/order.hpp>
#include <hubbub/testing/conformance/payloads.hpp>
#include <hubbub/testing/conformance/room.hpp>
#include <hubbub/testing/conformance/sinks.hpp>
#include <hubbub/testing/conformance/subscriptions.hpp>
#include <hubbub/testing/conformance/threads.hpp>
#include <hubbub/testing/stage.hpp>

namespace hubbub::testing {

/// The cases for a transport that promises this. A template of its own, so that many fixtures of
/// one transport share its code.
template <transport Transport>
conformance_list<Transport> conformance_cases(transport_traits const& promised) {
    conformance_list<Transport> cases;
    add_order_cases(cases, promised);
    add_subscription_cases(cases);
    add_sink_cases(cases);
    add_lifetime_cases(cases);
    add_name_cases(cases);
    add_pattern_cases(cases, promised);
    add_payload_cases(cases);
    add_operation_cases(cases, promised);
    add_limit_cases(cases);
    add_room_cases(cases);
    add_thread_cases(cases, promised);
    if constexpr (Transport::traits.carries_objects)
        add_object_cases(cases);
    return cases;
}

/// Returns the promises of every transport: the cases that apply to a fixture's, by its traits. It
/// needs no test framework; a transport is done when all of them pass.
///
/// @code
/// for (auto const& promise : hubbub::testing::transport_conformance<my_fixture>()) {
///     my_fixture fixture;    // a backplane of its own for each case
///     promise.run(fixture);  // throws hubbub::testing::failure
/// }
/// @endcode
template <transport_fixture Fixture>
conformance_list<typename Fixture::transport_type> const& transport_conformance() {
    static auto const list =
        conformance_cases<typename Fixture::transport_type>(traits_of<Fixture>);
    return list;
}

} // namespace hubbub::testing
