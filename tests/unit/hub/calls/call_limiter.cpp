// SPDX-License-Identifier: MIT
#include <hubbub/hub/calls/call_limiter.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <memory>
#include <vector>

namespace call_limiter_test {

namespace {

using hubbub::detail::call_limiter;
using entered = call_limiter::entered;

struct call final : hubbub::detail::waiting_call {
    void start() override { ++started; }
    int started = 0;
};

std::shared_ptr<call> make() {
    return std::make_shared<call>();
}

} // namespace

TEST_CASE("so many calls of a connection run, the others wait in their order, and no more do") {
    for (std::size_t const parallel : {std::size_t{1}, std::size_t{2}, std::size_t{3}}) {
        CAPTURE(parallel);
        call_limiter lane;
        for (std::size_t i = 0; i < parallel; ++i)
            CHECK(lane.enter(make(), parallel, 2) == entered::runs);
        auto const first = make();
        auto const second = make();
        CHECK(lane.enter(first, parallel, 2) == entered::waits);
        CHECK(lane.enter(second, parallel, 2) == entered::waits);
        CHECK(lane.enter(make(), parallel, 2) == entered::full);

        CHECK(lane.leave() == first);
        CHECK(lane.enter(make(), parallel, 2) == entered::waits); // there is room for one again
        CHECK(lane.leave() == second);
        CHECK(lane.leave());
        for (std::size_t i = 0; i < parallel; ++i)
            CHECK(!lane.leave());
        CHECK(lane.enter(make(), parallel, 2) == entered::runs);
        CHECK(first->started == 0); // that is for who takes it out
    }
}

TEST_CASE("a limit of 0 is none") {
    call_limiter all_run;
    call_limiter all_wait;
    CHECK(all_wait.enter(make(), 1, 0) == entered::runs);
    for (int i = 0; i < 2000; ++i) {
        CHECK(all_run.enter(make(), 0, 1) == entered::runs);
        CHECK(all_wait.enter(make(), 1, 0) == entered::waits);
    }
}

TEST_CASE("wherever the connection ends, those that wait come out once, and leaving stays even") {
    constexpr std::size_t all = 6;
    for (std::size_t ends = 0; ends <= all; ++ends) {
        CAPTURE(ends);
        call_limiter lane;
        std::vector<call_limiter::call_ptr> waiting;
        std::size_t running = 0;
        for (std::size_t i = 0; i <= all; ++i) {
            if (i == ends) {
                auto const out = lane.end();
                CHECK(std::vector(out.begin(), out.end()) == waiting);
                running += out.size();
                waiting.clear();
            }
            if (i == all)
                break;
            auto const c = make();
            auto const how = lane.enter(c, 2, 0);
            CHECK((how == entered::runs) == (i < 2 || i >= ends));
            if (how == entered::runs)
                ++running;
            else
                waiting.push_back(c);
        }
        CHECK(lane.end().empty());
        for (; running > 0; --running)
            CHECK(!lane.leave());
    }
}

} // namespace call_limiter_test
