// SPDX-License-Identifier: MIT
#include <hubbub/base/shared_list.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <utility>
#include <vector>

namespace shared_list_test {

using list = hubbub::detail::shared_list<int>;

namespace {

void append(list& l, int value) {
    l.write([&](auto& items) { items.push_back(value); });
}

} // namespace

TEST_CASE("a shared list begins empty and holds what was written") {
    list l;
    CHECK(l.empty());
    CHECK((*l.read()).empty());
    append(l, 1);
    append(l, 2);
    CHECK(!l.empty());
    CHECK(*l.read() == std::vector{1, 2});
}

TEST_CASE("a snapshot keeps what was there when it was taken") {
    list l;
    append(l, 1);
    auto const before = l.read();
    append(l, 2);
    auto const after = l.read();
    l.write([](auto& items) { items.clear(); });
    CHECK(*before == std::vector{1});
    CHECK(*after == std::vector{1, 2});
    CHECK(l.empty());
}

TEST_CASE("a snapshot outlives the list") {
    auto l = std::make_unique<list>();
    append(*l, 1);
    auto const kept = l->read();
    l.reset();
    CHECK(*kept == std::vector{1});
}

TEST_CASE("the list is changed in place while nobody holds a snapshot, and else copied") {
    list l;
    append(l, 1);
    auto const* const first = &*l.read();
    append(l, 2);
    CHECK(&*l.read() == first);
    {
        auto const held = l.read();
        append(l, 3);
        CHECK(&*held == first);
        CHECK(&*l.read() != first);
    }
    auto const* const second = &*l.read();
    append(l, 4);
    CHECK(&*l.read() == second);
    CHECK(*l.read() == std::vector{1, 2, 3, 4});
}

TEST_CASE("snapshots and lists can be moved, and an empty snapshot says so") {
    list l;
    append(l, 1);
    list::snapshot none;
    CHECK(!none);
    auto some = l.read();
    CHECK(some);
    auto const moved = std::move(some);
    CHECK(!some); // NOLINT(bugprone-use-after-move): that is what is tested
    CHECK(*moved == std::vector{1});
    none = l.read();
    CHECK(none);
    none = list::snapshot{};

    list other = std::move(l);
    append(other, 2);
    list third;
    third = std::move(other);
    CHECK(*third.read() == std::vector{1, 2});
    CHECK(*moved == std::vector{1});
}

TEST_CASE("items live as long as the list or a snapshot holds them") {
    hubbub::detail::shared_list<std::shared_ptr<int>> l;
    auto const item = std::make_shared<int>(1);
    l.write([&](auto& items) { items.push_back(item); });
    {
        auto const held = l.read();
        l.write([](auto& items) { items.clear(); });
        CHECK(item.use_count() == 2);
    }
    CHECK(item.use_count() == 1);
}

TEST_CASE("many read while some write, and every snapshot is a whole one") {
    std::shared_mutex mutex;
    list l; // always n items that count from its first one
    l.write([](auto& items) { items.assign(4, 0); });
    std::atomic<bool> stop = false;
    std::atomic<bool> torn = false;
    std::atomic<std::size_t> reads = 0;

    auto const read = [&] {
        while (!stop) {
            list::snapshot seen;
            {
                std::shared_lock const lock(mutex);
                seen = l.read();
            }
            auto const first = (*seen).front();
            for (int const item : *seen)
                if (item != first)
                    torn = true;
            ++reads;
        }
    };
    auto const write = [&](int value) {
        for (int i = 0; i < 2000; ++i) {
            std::unique_lock const lock(mutex);
            l.write([&](auto& items) { items.assign(4 + items.size() % 5, value + i); });
        }
    };
    std::vector<std::thread> readers;
    for (int i = 0; i < 3; ++i)
        readers.emplace_back(read);
    while (reads < 3)
        std::this_thread::yield();
    std::thread left(write, 0);
    std::thread right(write, 1'000'000);
    left.join();
    right.join();
    stop = true;
    for (auto& reader : readers)
        reader.join();
    CHECK(!torn);
}

} // namespace shared_list_test
