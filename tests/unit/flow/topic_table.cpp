// SPDX-License-Identifier: MIT
#include <hubbub/flow/topic_table.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace topic_table_test {

using hubbub::message_view;
using hubbub::pattern;
using hubbub::topic_filter;
using hubbub::detail::topic_table;
using namespace std::string_view_literals;

namespace {

struct test_sink final : hubbub::message_sink {
    explicit test_sink(std::function<void(message_view const&)> f) : call(std::move(f)) {}
    void deliver(message_view const& message) noexcept override { call(message); }

    std::function<void(message_view const&)> call;
};

/// A sink that writes its name behind log.
std::shared_ptr<test_sink> writer(std::string& log, std::string name) {
    return std::make_shared<test_sink>([&log, name](auto const& message) {
        log += name + ":" + std::string(message.payload) + " ";
    });
}

} // namespace

TEST_CASE("a message reaches the sinks of its topic in the order they subscribed") {
    topic_table table;
    std::string log;
    auto const a = writer(log, "a");
    auto const b = writer(log, "b");
    auto const other = writer(log, "other");
    CHECK(table.add("t", a));
    CHECK(!table.add("t", b));
    CHECK(table.add("u", other));

    CHECK(table.deliver_matching({"t", "1", {}}));
    table.deliver("t", {"t", "2", {}});
    CHECK(log == "a:1 b:1 a:2 b:2 ");
    CHECK(!table.deliver_matching({"v", "3", {}}));
    CHECK(!table.deliver_matching({"", "3", {}}));
}

TEST_CASE("patterns get what matches them, after the sinks of the topic itself") {
    topic_table table;
    std::string log;
    auto const glob = writer(log, "glob");
    auto const exact = writer(log, "exact");
    auto const literal = writer(log, "literal");
    CHECK(table.add(pattern{"room.*"}, glob));
    CHECK(table.add("room.1", exact));
    CHECK(table.add("room.*", literal)); // a topic of that very name

    CHECK(table.deliver_matching({"room.1", "1", {}}));
    CHECK(log == "exact:1 glob:1 ");
    log.clear();
    CHECK(table.deliver_matching({"room.*", "2", {}}));
    CHECK(log == "literal:2 glob:2 ");
    log.clear();
    CHECK(!table.deliver_matching({"rooms", "3", {}}));
    CHECK(log.empty());
}

TEST_CASE("deliver reaches exactly one filter, as Redis names it") {
    topic_table table;
    std::string log;
    auto const glob = writer(log, "glob");
    auto const exact = writer(log, "exact");
    table.add(pattern{"r*"}, glob);
    table.add("room", exact);
    table.deliver(pattern{"r*"}, {"room", "1", {}});
    CHECK(log == "glob:1 ");
    table.deliver("room", {"room", "2", {}});
    CHECK(log == "glob:1 exact:2 ");
    table.deliver(pattern{"nobody*"}, {"room", "3", {}});
    table.deliver("nobody", {"nobody", "3", {}});
    CHECK(log == "glob:1 exact:2 ");
}

TEST_CASE("a sink that is added twice gets each message once, and is removed at once") {
    topic_table table;
    std::string log;
    auto const a = writer(log, "a");
    CHECK(table.add("t", a));
    CHECK(!table.add("t", a));
    table.deliver_matching({"t", "1", {}});
    CHECK(log == "a:1 ");
    CHECK(table.remove("t", *a));
    CHECK(!table.deliver_matching({"t", "2", {}}));
}

TEST_CASE("remove says whether it was the last sink of the filter") {
    topic_table table;
    std::string log;
    auto const a = writer(log, "a");
    auto const b = writer(log, "b");
    table.add("t", a);
    table.add("t", b);
    table.add(pattern{"t"}, a);
    CHECK(!table.remove("t", *a));
    CHECK(!table.remove("t", *a)); // it is gone already
    CHECK(!table.remove("unknown", *b));
    CHECK(table.remove("t", *b));
    CHECK(!table.remove("t", *b));
    CHECK(table.wants("t")); // the pattern
    CHECK(table.remove(pattern{"t"}, *a));
    CHECK(!table.wants("t"));
    CHECK(table.add("t", a)); // the first again
}

TEST_CASE("wants tells whether a message would reach anybody") {
    topic_table table;
    std::string log;
    auto const a = writer(log, "a");
    CHECK(!table.wants("t"));
    table.add("t", a);
    table.add(pattern{"r?"}, a);
    CHECK(table.wants("t"));
    CHECK(table.wants("r1"));
    CHECK(!table.wants("r"));
    CHECK(!table.wants("T"));
}

TEST_CASE("topics are literal and may have any bytes") {
    topic_table table;
    std::string log;
    auto const a = writer(log, "a");
    for (auto const topic : {"a*"sv, "a?"sv, "[a]"sv, "a\0b"sv, "zürich 1"sv, "\xff"sv}) {
        CAPTURE(topic);
        CHECK(table.add(topic, a));
        CHECK(table.deliver_matching({topic, "p", {}}));
    }
    CHECK(!table.wants("ab"));
    CHECK(!table.wants("a"));
    CHECK(!table.wants("a\0"sv));
}

TEST_CASE("a sink may remove itself and others, and add some, while it runs") {
    topic_table table;
    std::string log;
    auto const late = writer(log, "late");
    auto const victim = writer(log, "victim");
    std::shared_ptr<test_sink> self;
    self = std::make_shared<test_sink>([&](auto const&) {
        log += "self ";
        table.remove("t", *self);
        table.remove("t", *victim);
        table.add("t", late);
        table.deliver_matching({"u", "nested", {}});
    });
    auto const other = writer(log, "other");
    table.add("t", self);
    table.add("t", victim);
    table.add("u", other);

    table.deliver_matching({"t", "1", {}}); // to those that were there when it began
    CHECK(log == "self other:nested victim:1 ");
    log.clear();
    table.deliver_matching({"t", "2", {}});
    CHECK(log == "late:2 ");
}

TEST_CASE("a sink that is removed by another lives until the message at hand is delivered") {
    topic_table table;
    auto doomed = std::make_shared<test_sink>([](auto const&) {});
    std::weak_ptr<test_sink> const alive = doomed;
    auto const remover = std::make_shared<test_sink>([&](auto const&) {
        table.remove("t", *doomed);
        doomed.reset();
        CHECK(!alive.expired());
    });
    table.add("t", remover);
    table.add("t", doomed);
    table.deliver_matching({"t", "", {}});
    CHECK(alive.expired());
}

TEST_CASE("the destructor of a sink may use the table") {
    struct guarded final : hubbub::message_sink {
        explicit guarded(topic_table& t) : table(t) {}
        ~guarded() override { table.wants("t"); }
        void deliver(message_view const&) noexcept override {}
        topic_table& table;
    };
    topic_table table;
    auto s = std::make_shared<guarded>(table);
    auto const& reference = *s;
    table.add("t", s);
    s.reset();
    CHECK(table.remove("t", reference));
}

TEST_CASE("threads that deliver, add and remove at once do not disturb who stays") {
    topic_table table;
    std::atomic<int> stayed = 0;
    std::atomic<int> passed = 0;
    auto const stays = std::make_shared<test_sink>([&](auto const&) { ++stayed; });
    table.add("t", stays);
    table.add(pattern{"t*"}, stays);

    constexpr int rounds = 2000;
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
        threads.emplace_back([&] {
            for (int round = 0; round < rounds; ++round)
                table.deliver_matching({"t", "p", {}});
        });
        threads.emplace_back([&, i] {
            auto const mine = std::make_shared<test_sink>([&](auto const&) { ++passed; });
            auto const name = "other." + std::to_string(i);
            for (int round = 0; round < rounds; ++round) {
                table.add("t", mine);
                table.add(name, mine);
                table.add(pattern{name}, mine);
                table.remove("t", *mine);
                CHECK(table.remove(name, *mine));
                CHECK(table.remove(pattern{name}, *mine));
            }
        });
    }
    for (auto& thread : threads)
        thread.join();
    CHECK(stayed == 2 * 2 * rounds); // twice a message: by its name and by the pattern
    CHECK(passed <= 2 * 2 * rounds);
    CHECK(!table.wants("other.0"));
}

} // namespace topic_table_test
