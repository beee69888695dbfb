// SPDX-License-Identifier: MIT
#include <hubbub/hub/members/mailbox.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace outbox_test {

using hubbub::overflow;

namespace {

/// "method:text".
struct message {
    std::string text;
    std::string_view method() const { return std::string_view(text).substr(0, text.find(':')); }
};

using outbox = hubbub::detail::outbox<message>;

std::string rest(outbox& box) {
    std::string all;
    while (auto const next = box.pop())
        all += next->text + " ";
    return all;
}

outbox filled(overflow policy, std::string& dropped, bool& ends) {
    outbox box({.max_messages = 3, .max_bytes = 100, .when_full = policy});
    for (auto const* const text : {"a:1", "b:1", "a:2", "c:1", "c:2"}) {
        if (ends)
            break;
        auto const result = box.push({text}, 10);
        for (auto const& e : result.dropped)
            dropped += e.message.text + " ";
        ends = result.ends;
    }
    return box;
}

} // namespace

TEST_CASE("a full outbox does what its policy says, and hands out what it drops") {
    struct row {
        overflow policy;
        char const* rest;
        char const* dropped;
        bool ends;
    };
    for (auto const& expected :
         {row{overflow::drop_oldest, "a:2 c:1 c:2 ", "a:1 b:1 ", false},
          row{overflow::drop_newest, "a:1 b:1 a:2 ", "c:1 c:2 ", false},
          row{overflow::latest_per_method, "b:1 a:2 c:2 ", "a:1 c:1 ", false},
          row{overflow::disconnect, "", "a:1 b:1 a:2 c:1 ", true}}) {
        std::string dropped;
        bool ends = false;
        auto box = filled(expected.policy, dropped, ends);
        CHECK(box.bytes() == (expected.ends ? 0 : 30));
        CHECK(rest(box) == expected.rest);
        CHECK(dropped == expected.dropped);
        CHECK(ends == expected.ends);
        CHECK(box.bytes() == 0);
    }
}

TEST_CASE("an outbox is bounded in bytes too, and takes one message of any size") {
    outbox box({.max_messages = 10, .max_bytes = 100, .when_full = overflow::drop_oldest});
    CHECK(box.push({"a:1"}, 60).dropped.empty());
    CHECK(box.push({"a:2"}, 40).dropped.empty());
    CHECK(box.push({"a:3"}, 50).dropped.size() == 1);
    CHECK(box.bytes() == 90);
    CHECK(box.push({"a:4"}, 500).dropped.size() == 2);
    CHECK(rest(box) == "a:4 ");
}

TEST_CASE("what a closed mailbox holds counts no more, is not taken for others, and can be read") {
    std::atomic<std::size_t> total = 0;
    std::mutex mutex;
    hubbub::detail::mailbox<message> box({}, total, mutex);
    for (auto const* const text : {"a:1", "a:2"})
        CHECK(box.push({text}, 10).dropped.empty());
    CHECK(total == 20);
    CHECK(box.bytes() == 20);
    box.close(hubbub::errc::disconnected);
    CHECK(total == 0);
    CHECK(box.bytes() == 0);
    CHECK(box.shed(10).empty());
    CHECK(box.give_up().empty());
    for (auto const* const text : {"a:1", "a:2"}) {
        auto const next = box.try_receive();
        REQUIRE(next);
        CHECK(next->text == text);
    }
    CHECK(!box.try_receive());
    CHECK(total == 0);
}

} // namespace outbox_test
