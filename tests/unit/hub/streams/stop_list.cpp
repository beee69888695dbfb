// SPDX-License-Identifier: MIT
#include <hubbub/hub/streams/stop_list.hpp>

#include <hubbub/error.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <memory>
#include <system_error>
#include <vector>

namespace stop_list_test {

using hubbub::errc;
using hubbub::hub_errc;

namespace {

struct task final : hubbub::detail::stoppable {
    void stop(std::error_code why) override { stopped.push_back(why); }

    std::vector<std::error_code> stopped;
};

} // namespace

TEST_CASE("what runs for a connection is stopped with it, however much has ended before") {
    hubbub::detail::stop_list all;
    std::vector<std::shared_ptr<task>> running;
    for (int i = 0; i < 100; ++i) {
        auto const each = std::make_shared<task>();
        all.add(each);
        if (i % 7 == 0)
            running.push_back(each);
    }
    all.stop(hub_errc::connection_ended);
    for (auto const& each : running)
        CHECK(each->stopped == std::vector{make_error_code(hub_errc::connection_ended)});
}

TEST_CASE("as many streams are open at a time as are allowed, however many have been") {
    constexpr std::size_t most = 3;
    hubbub::detail::stop_list all;
    auto const stream = std::make_shared<task>();
    for (int round = 0; round < 10; ++round) {
        std::vector<std::shared_ptr<int>> places;
        for (std::size_t i = 0; i < most; ++i) {
            places.push_back(std::make_shared<int>());
            CHECK(all.add_stream(stream, places.back(), most));
        }
        auto const late = std::make_shared<int>();
        CHECK(!all.add_stream(stream, late, most));
        places.pop_back();
        CHECK(all.add_stream(stream, late, most));
        CHECK(!all.add_stream(stream, late, most));
    }
    all.stop(errc::closed);
    CHECK(!stream->stopped.empty());
}

TEST_CASE("a list of nothing has nothing to stop") {
    hubbub::detail::stop_list const none;
    none.stop(errc::closed);
    CHECK(sizeof(none) == sizeof(void*));
}

} // namespace stop_list_test
