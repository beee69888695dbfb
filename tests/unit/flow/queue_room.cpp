// SPDX-License-Identifier: MIT
#include <hubbub/flow/queue_room.hpp>

#include <hubbub/error.hpp>
#include <hubbub/memory_budget.hpp>

#include <doctest/doctest.h>

#include <asio/io_context.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace queue_room_test {

using hubbub::errc;
using hubbub::detail::queue_room;

namespace {

/// Notes in log what becomes of a wait.
struct fixture {
    hubbub::completion<std::error_code> noted(char name) {
        return {asio::any_io_executor(io.get_executor()), [this, name](std::error_code error) {
                    log += name;
                    log += error ? "!" : "";
                }};
    }

    std::string told() {
        io.restart();
        io.poll();
        return std::exchange(log, {});
    }

    asio::io_context io;
    std::string log;
};

} // namespace

TEST_CASE("room is bounded in entries and in bytes, and what fits exactly is taken") {
    queue_room room(10, 2, nullptr);
    CHECK(room.try_enter(6));
    CHECK(!room.try_enter(5));
    CHECK(room.try_enter(4));
    CHECK(!room.try_enter(0));
    room.leave(6);
    CHECK(room.taken().entries == 1);
    CHECK(room.taken().bytes == 4);
    CHECK(room.try_enter(1));
    CHECK(room.peak().entries == 2);
    CHECK(room.peak().bytes == 10);
    room.leave_all();
    CHECK(room.taken().entries == 0);
    CHECK(room.taken().bytes == 0);
    CHECK(room.peak().bytes == 10);
}

TEST_CASE("an entry changes its size within the bounds, or not at all") {
    auto const budget = std::make_shared<hubbub::memory_budget>(8);
    queue_room room(10, 2, budget);
    CHECK(room.try_enter(6));
    CHECK(room.try_resize(6, 8));
    CHECK(!room.try_resize(8, 9)); // the budget
    CHECK(room.taken().bytes == 8);
    CHECK(budget->taken() == 8);
    CHECK(room.try_resize(8, 1));
    CHECK(budget->taken() == 1);
}

TEST_CASE("what no empty queue would take is not attainable") {
    auto const budget = std::make_shared<hubbub::memory_budget>(8);
    CHECK(queue_room(10, 1, nullptr).attainable(10));
    CHECK(!queue_room(10, 1, nullptr).attainable(11));
    CHECK(!queue_room(10, 0, nullptr).attainable(1));
    CHECK(queue_room(10, 1, budget).attainable(8));
    CHECK(!queue_room(10, 1, budget).attainable(9));
    REQUIRE(budget->try_take(5)); // another's
    CHECK(!queue_room(10, 1, budget).attainable(4));
}

TEST_CASE("who waits is told when there is room, and at once if there is") {
    fixture f;
    queue_room room(10, 10, nullptr);
    CHECK(room.try_enter(8));
    room.wait(2, f.noted('a'));
    CHECK(f.told() == "a");
    room.wait(5, f.noted('b'));
    room.wait(3, f.noted('c'));
    CHECK(f.told().empty());
    room.leave(8);
    CHECK(room.try_enter(7));
    room.notify();
    CHECK(f.told() == "c"); // who waits for much holds up none that waits for less
    room.leave_all();
    room.notify();
    CHECK(f.told() == "b");
}

TEST_CASE("who finds room in the queue waits for the budget") {
    fixture f;
    auto const budget = std::make_shared<hubbub::memory_budget>(10);
    queue_room room(100, 10, budget);
    REQUIRE(budget->try_take(8)); // another's
    CHECK(!room.try_enter(5));
    room.wait(5, f.noted('a'));
    CHECK(f.told().empty());
    budget->give_back(8);
    CHECK(f.told() == "a");
}

TEST_CASE("the end of waiting ends those who wait, for room and for the budget, and who comes") {
    fixture f;
    auto const budget = std::make_shared<hubbub::memory_budget>(10);
    queue_room room(10, 1, budget);
    CHECK(room.try_enter(1));
    room.wait(2, f.noted('a'));
    queue_room other(10, 1, budget);
    REQUIRE(budget->try_take(9));
    other.wait(2, f.noted('b'));
    room.end_waiting(errc::closed);
    room.wait(1, f.noted('c'));
    CHECK(f.told() == "a!c!");
    other.end_waiting(errc::closed);
    CHECK(f.told() == "b!");
    budget->give_back(9);
}

TEST_CASE("what is taken of the budget is given back with the room") {
    auto const budget = std::make_shared<hubbub::memory_budget>(10);
    {
        queue_room room(10, 10, budget);
        CHECK(room.try_enter(7));
        CHECK(budget->taken() == 7);
    }
    CHECK(budget->taken() == 0);
}

} // namespace queue_room_test
