// SPDX-License-Identifier: MIT
// The judge of benchmarks/soak.cpp: it must be able to say no.
#include "../../../benchmarks/support/soak_receipts.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

namespace soak_receipts_test {
namespace {

constexpr std::uint32_t publishers = 2;
constexpr std::uint32_t topics = 2;

/// A subscriber, and how many messages there are of each stream.
struct subscriber {
    std::map<std::pair<std::size_t, std::size_t>, std::uint64_t> published;
    bench::soak_receipts receipts{publishers, topics};

    /// So many of publisher 0 on topic 0 come, from this number on.
    void come(std::uint64_t first, std::uint64_t last) {
        for (auto n = first; n <= last; ++n)
            receipts.receive({0, 0, n});
    }
    void lose(std::uint64_t first, std::uint64_t last) { lose(0, 0, first, last); }
    void lose(std::uint32_t publisher, std::uint32_t topic, std::uint64_t first,
              std::uint64_t last) {
        receipts.lose({publisher, topic, first}, last, count(publisher, topic));
    }
    std::uint64_t count(std::size_t publisher, std::size_t topic) const {
        auto const found = published.find({publisher, topic});
        return found == published.end() ? 0 : found->second;
    }
    auto counted() const {
        return [this](std::size_t publisher, std::size_t topic) { return count(publisher, topic); };
    }
    std::uint64_t unaccounted() const { return receipts.unaccounted(counted()); }
    std::uint64_t not_expected() const { return receipts.not_expected(counted()); }
};

TEST_SUITE_BEGIN("soak_receipts");

TEST_CASE("what came or is told as lost is accounted for") {
    subscriber s;
    s.published[{0, 0}] = 10;
    s.come(1, 4);
    CHECK(s.unaccounted() == 6);
    s.lose(5, 6);
    s.come(7, 9);
    s.lose(10, 10);
    CHECK(s.unaccounted() == 0);
    CHECK(s.receipts.delivered == 7);
    CHECK(s.receipts.told_lost == 3);
    CHECK(s.not_expected() == 0);
}

TEST_CASE(
    "a false gap in one stream does not make up for a loss in another, of whom or where ever") {
    using stream = std::pair<std::uint32_t, std::uint32_t>;
    for (auto const& [p, t] : {stream(0, 1), stream(1, 0), stream(1, 1)}) {
        subscriber s;
        s.published[{0, 0}] = 5;
        s.published[{p, t}] = 5;
        s.come(1, 2); // 3 to 5 are lost
        for (std::uint64_t n = 1; n <= 5; ++n)
            s.receipts.receive({p, t, n});
        s.lose(p, t, 3, 5);
        CHECK(s.receipts.delivered + s.receipts.told_lost == 10); // as if all were well
        CHECK(s.unaccounted() == 6);
    }
}

TEST_CASE("a false gap does not make up for a loss of the same stream") {
    subscriber s;
    s.published[{0, 0}] = 6;
    s.come(1, 2);
    s.come(5, 6); // 3 and 4 are lost
    s.lose(1, 2);
    CHECK(s.receipts.delivered + s.receipts.told_lost == 6);
    CHECK(s.unaccounted() == 4);
}

TEST_CASE("what is told as lost twice, or was never published, is false") {
    subscriber s;
    s.published[{0, 0}] = 4;
    s.come(1, 1);
    s.lose(2, 3);
    s.lose(2, 3);
    CHECK(s.unaccounted() == 2 + 1);
    s.lose(4, 9);
    CHECK(s.unaccounted() == 2 + 5);
}

TEST_CASE("what is told as lost before it is published is false, and what comes then is not") {
    subscriber s;
    s.published[{0, 0}] = 10;
    s.come(1, 5);
    s.lose(20, 30);
    CHECK(s.unaccounted() == 5 + 11);
    s.published[{0, 0}] = 40;
    s.come(6, 40);
    CHECK(s.unaccounted() == 11);
    CHECK(s.receipts.duplicates == 0);
}

TEST_CASE("what comes although it is told as lost is a duplicate") {
    subscriber s;
    s.published[{0, 0}] = 3;
    s.come(1, 1);
    s.lose(2, 2);
    s.come(2, 3);
    CHECK(s.receipts.duplicates == 1);
    CHECK(s.unaccounted() == 0);
}

TEST_CASE("what comes late is out of order, and is accounted for") {
    subscriber s;
    s.published[{0, 0}] = 5;
    s.come(1, 1);
    s.come(5, 5);
    s.come(3, 3);
    CHECK(s.receipts.out_of_order == 1);
    CHECK(s.unaccounted() == 2);
    s.lose(2, 4); // as 3 is there, one of these is false
    CHECK(s.unaccounted() == 1);
}

TEST_CASE("who left does not expect what is published until it hears of the stream again") {
    subscriber s;
    s.published[{0, 0}] = 100;
    s.come(1, 10);
    s.receipts.leave(0);
    CHECK(s.unaccounted() == 0);
    s.receipts.join({0, 0, 100});
    CHECK(s.unaccounted() == 0);
    CHECK(s.not_expected() == 90);

    SUBCASE("it hears of one that was under way, and then of each") {
        s.come(95, 98);
        CHECK(s.unaccounted() == 2);
        CHECK(s.not_expected() == 84);
        s.lose(99, 100);
        CHECK(s.unaccounted() == 0);
    }
    SUBCASE("it is to hear of what is published afterwards") {
        s.published[{0, 0}] = 103;
        CHECK(s.unaccounted() == 3);
        s.come(102, 102);
        CHECK(s.unaccounted() == 1);
        CHECK(s.not_expected() == 91);
    }
    SUBCASE("what it had heard of before is not told as lost") {
        s.lose(1, 100);
        CHECK(s.unaccounted() == 10);
    }
}

TEST_CASE("what comes before it is subscribed anew says nothing of what follows") {
    subscriber s;
    s.published[{0, 0}] = 50;
    s.come(1, 10);
    s.receipts.leave(0);
    s.come(40, 45); // by the subscription that ends
    CHECK(s.unaccounted() == 0);
    s.receipts.join({0, 0, 50});
    s.published[{0, 0}] = 55;
    s.come(52, 53);
    CHECK(s.unaccounted() == 2);
    CHECK(s.not_expected() == 29 + 6);
}

TEST_CASE(
    "who subscribes anew is not told as lost, before it is subscribed, what was before it asked") {
    subscriber s;
    s.published[{0, 0}] = 50;
    s.come(1, 10);
    s.receipts.leave(0);
    s.receipts.subscribe({0, 0, 50});
    s.published[{0, 0}] = 60;
    s.come(40, 45); // under way
    s.lose(46, 55);
    CHECK(s.unaccounted() == 5);
    s.receipts.join({0, 0, 60});
    s.lose(56, 60);
    CHECK(s.unaccounted() == 5);
}

TEST_CASE("leaving a topic excuses neither what was missing before nor another topic") {
    subscriber s;
    s.published[{0, 0}] = 4;
    s.published[{0, 1}] = 4;
    s.come(1, 1);
    s.come(3, 3);
    s.receipts.leave(0);
    CHECK(s.unaccounted() == 1 + 4);
    CHECK(s.not_expected() == 1);
}

TEST_SUITE_END();

} // namespace
} // namespace soak_receipts_test
