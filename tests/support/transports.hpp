// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/testing/conformance.hpp>
#include <hubbub/transport/any.hpp>
#include <hubbub/transport/local.hpp>

#include <support/local_bus.hpp>
#include <support/plain_transport.hpp>

#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

// A fixture owns a backplane that no other case sees, and makes servers on it. A new transport adds
// one, and gets the whole suite by keeps_the_contract<its_fixture>.

/// A local broker whose servers all deliver in the same way.
template <class Transport>
struct local_fixture {
    using transport_type = Transport;

    Transport make(hubbub::message_limits const& limits) {
        return Transport(io, broker, hubbub::local_options{.limits = limits});
    }

    asio::io_context io;
    hubbub::local_broker broker;
};

using local_executor_fixture = local_fixture<hubbub::local_transport>;
using plain_fixture = local_fixture<support::plain_transport>;
using local_immediate_fixture = local_fixture<hubbub::immediate_local_transport>;

/// A local broker whose servers deliver in both ways, turn about.
struct local_mixed_fixture {
    using transport_type = hubbub::basic_local_transport;

    transport_type make(hubbub::message_limits const& limits) {
        using support::delivery_mode;
        immediate = !immediate;
        return support::local_transport(
            io, broker, immediate ? delivery_mode::immediate : delivery_mode::executor, limits);
    }

    asio::io_context io;
    hubbub::local_broker broker;
    bool immediate = false;
};

/// A fixture whose transports are held by any_transport: the suite is compiled once for all of
/// these, in conformance/suite.cpp.
template <class Fixture>
struct erased : Fixture {
    using transport_type = hubbub::any_transport;

    static constexpr hubbub::transport_traits traits = hubbub::testing::traits_of<Fixture>;

    transport_type make(hubbub::message_limits const& limits) {
        return transport_type(Fixture::make(limits));
    }
};

TYPE_TO_STRING_AS("local, executor", erased<local_executor_fixture>);
TYPE_TO_STRING_AS("local, executor, objects", local_executor_fixture);
TYPE_TO_STRING_AS("local, without counts and patterns", erased<plain_fixture>);
TYPE_TO_STRING_AS("local, immediate", erased<local_immediate_fixture>);
TYPE_TO_STRING_AS("local, immediate, objects", local_immediate_fixture);
TYPE_TO_STRING_AS("local, mixed", erased<local_mixed_fixture>);
TYPE_TO_STRING_AS("local, mixed, objects", local_mixed_fixture);

extern template hubbub::testing::conformance_list<hubbub::any_transport>
hubbub::testing::conformance_cases(hubbub::transport_traits const& promised);

/// A test case for each promise of the suite that Fixture's transports make, so that each is
/// counted, named and chosen like any other. doctest has no public function for this.
template <class Fixture, auto Cases = &hubbub::testing::transport_conformance<Fixture>>
class keeps_the_contract {
public:
    keeps_the_contract(char const* file, unsigned line) {
        register_cases(file, line, std::make_index_sequence<most>());
    }

    static std::size_t count() { return Cases().size(); }

private:
    static constexpr std::size_t most = 100;

    static void run_case(std::size_t index) {
        Fixture fixture;
        try {
            Cases()[index].run(fixture);
        } catch (hubbub::testing::failure const& broken) {
            FAIL(std::string(broken.what()));
        }
    }

    // A case of doctest is a function without arguments.
    template <std::size_t Index>
    static void run() {
        run_case(Index);
    }

    template <std::size_t... Index>
    static void register_cases(char const* file, unsigned line, std::index_sequence<Index...>) {
        constexpr std::array<void (*)(), most> functions{&run<Index>...};
        auto const& cases = Cases();
        for (std::size_t i = 0; i < cases.size(); ++i)
            doctest::detail::regTest(
                doctest::detail::TestCase(functions.at(i), file, line,
                                          doctest::detail::TestSuite() * "conformance",
                                          doctest::toString<Fixture>(), static_cast<int>(i)) *
                cases[i].name.data());
    }
};

/// What only a transport that carries objects promises: any_transport, which runs the rest, does not.
template <class Fixture>
auto const& object_cases() {
    static auto const list = [] {
        hubbub::testing::conformance_list<typename Fixture::transport_type> cases;
        hubbub::testing::add_object_cases(cases);
        return cases;
    }();
    return list;
}

template <class Fixture>
using keeps_objects = keeps_the_contract<Fixture, &object_cases<Fixture>>;
