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

using hubbub::overflow_policy;

namespace {

using hubbub::detail::outbox;
using hubbub::detail::packed;
using hubbub::detail::shared_call;

/// A call of a method with this text, of this size in all.
shared_call call(std::string const& method, std::string text, std::size_t size = 100) {
    auto const bare = shared_call(method, packed(text)).size();
    text.resize(text.size() + size - bare, ' ');
    return {method, packed(text)};
}

/// "method:text".
std::string text_of(shared_call const& c) {
    auto const& bytes = c.arguments().bytes;
    return std::string(c.method()) + ":" + bytes.substr(0, bytes.find(' '));
}

std::string rest(outbox& box) {
    std::string all;
    while (auto const next = box.pop())
        all += text_of(*next) + " ";
    return all;
}

outbox filled(overflow_policy policy, std::string& dropped, bool& ends) {
    outbox box({.max_messages = 3, .max_bytes = 1000, .when_full = policy});
    for (std::string const text : {"a:1", "b:1", "a:2", "c:1", "c:2"}) {
        if (ends)
            break;
        auto const result = box.push(call(text.substr(0, 1), text.substr(2)));
        for (auto const& e : result.dropped)
            dropped += text_of(e) + " ";
        ends = result.ends;
    }
    return box;
}

} // namespace

TEST_CASE("a full outbox does what its policy says, and hands out what it drops") {
    struct row {
        overflow_policy policy;
        char const* rest;
        char const* dropped;
        bool ends;
    };
    for (auto const& expected :
         {row{overflow_policy::drop_oldest, "a:2 c:1 c:2 ", "a:1 b:1 ", false},
          row{overflow_policy::drop_newest, "a:1 b:1 a:2 ", "c:1 c:2 ", false},
          row{overflow_policy::latest_per_key, "b:1 a:2 c:2 ", "a:1 c:1 ", false},
          row{overflow_policy::disconnect, "", "a:1 b:1 a:2 c:1 ", true}}) {
        std::string dropped;
        bool ends = false;
        auto box = filled(expected.policy, dropped, ends);
        CHECK(box.bytes() == (expected.ends ? 0 : 300));
        CHECK(rest(box) == expected.rest);
        CHECK(dropped == expected.dropped);
        CHECK(ends == expected.ends);
        CHECK(box.bytes() == 0);
    }
}

TEST_CASE("a call that has left an outbox is no call of its method that a newer one replaces") {
    outbox box(
        {.max_messages = 10, .max_bytes = 1000, .when_full = overflow_policy::latest_per_key});
    auto const push = [&box](char const* method, char const* text) {
        std::string dropped;
        for (auto const& e : box.push(call(method, text)).dropped)
            dropped += text_of(e) + " ";
        return dropped;
    };
    CHECK(push("a", "1").empty());
    CHECK(text_of(*box.pop()) == "a:1");
    CHECK(push("a", "2").empty());
    CHECK(push("b", "1").empty());
    CHECK(box.shed(1).size() == 1); // of a
    CHECK(push("a", "3").empty());
    CHECK(push("b", "2") == "b:1 ");
    CHECK(box.take_all().size() == 2);
    CHECK(push("a", "4").empty());
    CHECK(push("b", "3").empty());
    CHECK(push("a", "5") == "a:4 ");
    CHECK(rest(box) == "b:3 a:5 ");
}

TEST_CASE("an outbox is bounded in bytes too, and takes one message of any size") {
    outbox box({.max_messages = 10, .max_bytes = 1000, .when_full = overflow_policy::drop_oldest});
    CHECK(box.push(call("a", "1", 600)).dropped.empty());
    CHECK(box.push(call("a", "2", 400)).dropped.empty());
    CHECK(box.push(call("a", "3", 500)).dropped.size() == 1);
    CHECK(box.bytes() == 900);
    CHECK(box.push(call("a", "4", 5000)).dropped.size() == 2);
    CHECK(rest(box) == "a:4 ");
}

TEST_CASE("what a closed mailbox holds counts no more, is not taken for others, and can be read") {
    std::atomic<std::size_t> total = 0;
    std::mutex mutex;
    hubbub::detail::mailbox box({}, total, mutex);
    for (auto const* const text : {"1", "2"})
        CHECK(box.push(call("a", text)).dropped.empty());
    CHECK(total == 200);
    CHECK(box.bytes() == 200);
    box.close(hubbub::errc::disconnected);
    CHECK(total == 0);
    CHECK(box.bytes() == 0);
    CHECK(box.shed(10).empty());
    CHECK(box.give_up().empty());
    for (auto const* const text : {"a:1", "a:2"}) {
        auto const next = box.try_receive();
        REQUIRE(next);
        CHECK(text_of(*next) == text);
    }
    CHECK(!box.try_receive());
    CHECK(total == 0);
}

} // namespace outbox_test
