// SPDX-License-Identifier: MIT
#include <hubbub/flow/batch_queue.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <semaphore>
#include <thread>
#include <vector>

namespace batch_queue_test {

using queue = hubbub::detail::batch_queue<int>;
using pushed = queue::pushed;

namespace {

queue::pushed push(queue& q, int value, std::size_t bytes = 1) {
    return q.push(value, bytes);
}

} // namespace

TEST_CASE("the first push wakes the consumer, and those behind it do not") {
    queue q(100, 100);
    CHECK(push(q, 1) == pushed::wake);
    CHECK(push(q, 2) == pushed::queued);
    CHECK(q.take() == std::vector{1, 2});
    CHECK(push(q, 3) == pushed::queued); // the consumer is still at it, and will ask
    CHECK(q.more());
    CHECK(push(q, 4) == pushed::queued);
    CHECK(q.take() == std::vector{3, 4});
    CHECK(!q.more());
    CHECK(push(q, 5) == pushed::wake);
}

TEST_CASE("a batch may be empty") {
    queue q(100, 100);
    CHECK(q.take().empty());
    CHECK(!q.more());
}

TEST_CASE("the queue is bounded in entries") {
    queue q(100, 2);
    push(q, 1);
    push(q, 2);
    CHECK(push(q, 3) == pushed::full);
    q.take();
    CHECK(push(q, 3) == pushed::queued);
}

TEST_CASE("the queue is bounded in bytes, and takes what fits exactly") {
    queue q(10, 100);
    CHECK(push(q, 1, 6) == pushed::wake);
    CHECK(push(q, 2, 5) == pushed::full);
    CHECK(q.bytes() == 6);
    CHECK(push(q, 3, 4) == pushed::queued);
    CHECK(q.bytes() == 10);
    CHECK(push(q, 4, 1) == pushed::full);
    CHECK(push(q, 5, 0) == pushed::queued);
    CHECK(q.take() == std::vector{1, 3, 5});
    CHECK(q.bytes() == 0);
    CHECK(push(q, 6, 11) == pushed::full);
}

TEST_CASE("an entry that does not fit stays with who pushed it") {
    hubbub::detail::batch_queue<std::unique_ptr<int>> q(10, 1);
    auto first = std::make_unique<int>(1);
    auto second = std::make_unique<int>(2);
    q.push(first, 1);
    CHECK(first == nullptr);
    CHECK(q.push(second, 1) == decltype(q)::pushed::full);
    CHECK(second != nullptr);
}

TEST_CASE("a full queue does not count as woken") {
    queue q(0, 0);
    CHECK(push(q, 1) == pushed::full);
    CHECK(!q.more());
}

TEST_CASE("many push, one takes: nothing is lost, order is kept, batches never overlap") {
    constexpr int threads = 3;
    constexpr int each = 3000;
    queue q(1'000'000, 100); // small enough to be full at times
    std::counting_semaphore<> wakes(0);
    std::atomic<int> under_way = 0;

    auto const produce = [&](int thread) {
        for (int i = 0; i < each; ++i) {
            int entry = thread * each + i;
            auto result = q.push(entry, 1);
            while (result == pushed::full) {
                std::this_thread::yield();
                result = q.push(entry, 1);
            }
            if (result == pushed::wake) {
                CHECK(under_way.fetch_add(1) == 0); // one task at a time
                wakes.release();
            }
        }
    };
    std::vector<std::thread> producers;
    for (int i = 0; i < threads; ++i)
        producers.emplace_back(produce, i);

    std::vector<int> next(threads, 0);
    for (int taken = 0; taken < threads * each;) {
        wakes.acquire();
        for (int const entry : q.take()) {
            auto& expected = next[static_cast<std::size_t>(entry / each)];
            REQUIRE(entry % each == expected++);
            ++taken;
        }
        under_way.fetch_sub(1);
        if (q.more()) {
            under_way.fetch_add(1);
            wakes.release();
        }
    }
    for (auto& producer : producers)
        producer.join();
    CHECK(q.take().empty());
}

} // namespace batch_queue_test
