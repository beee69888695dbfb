// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/testing/conformance.hpp>
#include <hubbub/transport/local.hpp>

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
template <hubbub::delivery_mode Delivery>
struct local_fixture {
    using transport_type = hubbub::local_transport;

    static constexpr hubbub::transport_traits traits = [] {
        auto promised = transport_type::traits;
        promised.agreed_order = Delivery == hubbub::delivery_mode::executor;
        promised.serial_delivery = Delivery == hubbub::delivery_mode::executor;
        return promised;
    }();

    std::unique_ptr<transport_type> make(hubbub::message_limits const& limits) {
        return std::make_unique<transport_type>(
            io.get_executor(), broker,
            hubbub::local_options{.delivery = Delivery, .limits = limits});
    }

    asio::io_context io;
    hubbub::local_broker broker;
};

using local_executor_fixture = local_fixture<hubbub::delivery_mode::executor>;
using local_immediate_fixture = local_fixture<hubbub::delivery_mode::immediate>;

/// A local broker whose servers deliver in both ways, turn about.
struct local_mixed_fixture : local_immediate_fixture {
    std::unique_ptr<transport_type> make(hubbub::message_limits const& limits) {
        immediate = !immediate;
        return std::make_unique<transport_type>(
            io.get_executor(), broker,
            hubbub::local_options{.delivery = immediate ? hubbub::delivery_mode::immediate
                                                        : hubbub::delivery_mode::executor,
                                  .limits = limits});
    }

    bool immediate = false;
};

TYPE_TO_STRING_AS("local, executor", local_executor_fixture);
TYPE_TO_STRING_AS("local, immediate", local_immediate_fixture);
TYPE_TO_STRING_AS("local, mixed", local_mixed_fixture);

/// A test case for each promise of the suite that Fixture's transports make, so that each is
/// counted, named and chosen like any other. doctest has no public function for this.
template <class Fixture>
class keeps_the_contract {
public:
    keeps_the_contract(char const* file, unsigned line) {
        register_cases(file, line, std::make_index_sequence<most>());
    }

    static std::size_t count() { return hubbub::testing::transport_conformance<Fixture>().size(); }

private:
    static constexpr std::size_t most = 100;

    template <std::size_t Index>
    static void run() {
        Fixture fixture;
        try {
            hubbub::testing::transport_conformance<Fixture>()[Index].run(fixture);
        } catch (hubbub::testing::failure const& broken) {
            FAIL(std::string(broken.what()));
        }
    }

    template <std::size_t... Index>
    static void register_cases(char const* file, unsigned line, std::index_sequence<Index...>) {
        constexpr std::array<void (*)(), most> functions{&run<Index>...};
        auto const& cases = hubbub::testing::transport_conformance<Fixture>();
        for (std::size_t i = 0; i < cases.size(); ++i)
            doctest::detail::regTest(
                doctest::detail::TestCase(functions.at(i), file, line,
                                          doctest::detail::TestSuite() * "conformance",
                                          doctest::toString<Fixture>(), static_cast<int>(i)) *
                cases[i].name.data());
    }
};
