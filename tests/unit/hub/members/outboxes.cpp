// SPDX-License-Identifier: MIT
#include <hubbub/hub/members/outboxes.hpp>

#include "support/roster_stage.hpp"

#include <hubbub/error.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace outboxes_test {

using namespace hubbub::detail;
using hubbub::errc;
using hubbub::overflow_policy;
using support::roster_stage;
using support::strings;

namespace {

constexpr std::size_t budget = 8000;

struct ender final : connection_ender {
    explicit ender(roster& r) : here(&r) {}
    void disconnect(member_ptr const& c, hubbub::close_reason why) override {
        if (!c->connected.exchange(false))
            return;
        c->mail()->close(why.code);
        ended.push_back(c->id + " " + why.code.message());
        if (here->leave(c))
            here->end_reported();
    }
    roster* here;
    strings ended;
};

struct stage : roster_stage {
    member_ptr read(overflow_policy policy, std::size_t most = 1000) {
        auto c = boxes.make_reader(
            {.max_messages = most, .max_bytes = std::size_t{1} << 20, .when_full = policy});
        c->number = ++last;
        c->id = "s-" + std::to_string(last);
        ++begun;
        here.enter(calls, c, into(c->id));
        run();
        return c;
    }

    /// Calls it so often, with a call of 100 bytes.
    void call(member_ptr const& c, int times, std::string const& method = "m") {
        std::string const text(100 - shared_call(method, packed()).size(), ' ');
        for (int i = 0; i < times; ++i)
            CHECK(boxes.call(c, shared_call(method, packed(text))));
    }

    std::size_t held() const {
        std::size_t sum = 0;
        for (auto const& c : here.members())
            sum += c->mail() != nullptr ? c->mail()->bytes() : 0;
        return sum;
    }

    ender ends{here};
    outboxes boxes{budget, here, *hooks, ends};
};

} // namespace

TEST_CASE("one that is called gets the call at once, and what its handler throws is told") {
    stage s;
    auto const a = support::make_told();
    a->id = "s-1";
    CHECK(s.boxes.call(a, shared_call("m", packed())));
    a->throws = true;
    CHECK(!s.boxes.call(a, shared_call("n", packed())));
    a->throws = false;
    CHECK(s.boxes.call(a, shared_call("o", packed())));
    CHECK(a->told == strings{"m", "n", "o"});
    CHECK(s.take_events() == strings{"client_handler_failed s-1"});
}

TEST_CASE("one that is read and too slow is ended, or loses calls, as it has chosen, and that is "
          "told") {
    stage s;
    auto const ended = s.read(overflow_policy::disconnect, 3);
    auto const loses = s.read(overflow_policy::drop_oldest, 3);
    s.call(ended, 3);
    s.call(loses, 3);
    CHECK(s.take_events().empty());
    s.call(loses, 1);
    CHECK(s.take_events() == strings{"dropped 1 of s-2"});
    s.call(ended, 1);
    CHECK(s.take_events() == strings{"dropped 4 of s-1"});
    CHECK(s.ends.ended == strings{"s-1 " + make_error_code(errc::slow_consumer).message()});
    s.call(ended, 1); // it is gone
    CHECK(s.take_events().empty());
    CHECK(s.held() == 300);
}

TEST_CASE("below the budget nobody is looked at") {
    stage s;
    auto const a = s.read(overflow_policy::disconnect);
    s.call(a, 80);
    s.boxes.keep_budget();
    CHECK(s.held() == budget);
    CHECK(s.boxes.looked_at() == 0);
}

TEST_CASE("beyond the budget an eighth is made free, at the cost of those that hold most, whatever "
          "each holds and has chosen") {
    // So many calls of 100 bytes each, and those who are ended and not shortened.
    std::vector<std::vector<int>> const loads{
        {81}, {41, 40}, {60, 20, 1}, {27, 27, 27}, {1, 1, 79}, {30, 30, 10, 11}, {5, 70, 6}};
    for (std::size_t row = 0; row < loads.size(); ++row)
        for (unsigned who = 0; who < 1U << loads[row].size(); ++who) {
            CAPTURE(row);
            CAPTURE(who);
            stage s;
            std::vector<member_ptr> all;
            for (std::size_t i = 0; i < loads[row].size(); ++i) {
                all.push_back(s.read((who >> i & 1) != 0 ? overflow_policy::disconnect
                                                         : overflow_policy::drop_oldest));
                s.call(all.back(), loads[row][i]);
            }
            s.boxes.keep_budget();
            CHECK(s.held() <= budget - budget / 8);
            std::size_t highest = 0; // of those who lost
            std::size_t kept = 0;    // the most that one has who lost nothing
            for (std::size_t i = 0; i < all.size(); ++i) {
                auto const before = static_cast<std::size_t>(loads[row][i]) * 100;
                auto const now = all[i]->mail()->bytes();
                if (now == before)
                    kept = std::max(kept, now);
                else if ((who >> i & 1) != 0)
                    CHECK(!all[i]->connected); // and not for nothing
                else
                    highest = std::max(highest, now);
            }
            if (highest != 0) // to within one call
                CHECK((kept <= highest + 100 || s.ends.ended.size() > 0));
            for (std::size_t i = 0; i < all.size(); ++i)
                if ((who >> i & 1) == 0)
                    CHECK(all[i]->connected);
            CHECK(s.take_events().size() >= 1);

            auto const looked = s.boxes.looked_at();
            s.boxes.keep_budget();
            CHECK(s.boxes.looked_at() == looked); // once for each eighth
        }
}

TEST_CASE("what an ended connection has not read counts no more") {
    stage s;
    auto const a = s.read(overflow_policy::drop_oldest);
    auto const b = s.read(overflow_policy::drop_oldest);
    s.call(a, 79);
    s.ends.disconnect(a, {errc::disconnected});
    s.call(b, 79);
    s.boxes.keep_budget();
    CHECK(s.take_events().empty());
    CHECK(a->mail()->try_receive());
    CHECK(s.held() == 7900);
}

} // namespace outboxes_test
