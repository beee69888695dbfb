// SPDX-License-Identifier: MIT
#include <hubbub/hub/rpc/pending_calls.hpp>

#include <doctest/doctest.h>

#include <asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pending_calls_test {

using namespace std::chrono_literals;
using texts = std::vector<std::string>;

namespace {

/// Pending calls that complete with what they were begun as, and what was taken of them.
struct calls : hubbub::detail::pending_calls {
    std::uint64_t begin(std::string server, time_point deadline, std::string name,
                        std::uint64_t since = 0) {
        return pending_calls::begin(
            std::move(server), deadline,
            {io.get_executor(), [this, name](hubbub::detail::answer const&) { ended = name; }},
            since);
    }

    /// Completes one, and says which that was.
    std::string name_of(done_type done) {
        done({});
        io.restart();
        io.poll();
        return ended;
    }
    std::optional<std::string> take(std::uint64_t number) {
        auto taken = pending_calls::take(number);
        return taken ? std::optional(name_of(std::move(*taken))) : std::nullopt;
    }
    texts names_of(std::vector<done_type> all) {
        texts names;
        for (auto& done : all)
            names.push_back(name_of(std::move(done)));
        return names;
    }
    texts take_expired(time_point now) { return names_of(pending_calls::take_expired(now)); }
    texts take_of(std::string const& server) { return names_of(pending_calls::take_of(server)); }
    texts take_all() { return names_of(pending_calls::take_all()); }
    template <class IsSilent>
    texts take_silent(IsSilent is_silent) {
        return names_of(pending_calls::take_silent(is_silent));
    }

    asio::io_context io;
    std::string ended;
};

constexpr calls::time_point start{};

} // namespace

TEST_CASE("a call is taken once, by its number") {
    calls c;
    auto const a = c.begin("x", start + 1s, "a");
    auto const b = c.begin("x", start + 1s, "b");
    CHECK(a != b);
    CHECK(c.take(a) == "a");
    CHECK(!c.take(a));
    CHECK(!c.take(99));
    CHECK(c.take(b) == "b");
    CHECK(!c.next_deadline());
}

TEST_CASE("calls expire at their deadlines, the earliest first") {
    calls c;
    c.begin("x", start + 3s, "late");
    c.begin("y", start + 1s, "early");
    c.begin("y", start + 2s, "between");
    CHECK(c.next_deadline() == start + 1s);
    CHECK(c.take_expired(start).empty());
    CHECK(c.take_expired(start + 2s) == texts{"early", "between"});
    CHECK(c.next_deadline() == start + 3s);
    CHECK(c.take_all() == texts{"late"});
}

TEST_CASE("the calls of one server end together, and no others") {
    calls c;
    c.begin("x", start + 2s, "a");
    c.begin("y", start + 2s, "b");
    c.begin("x", start + 1s, "c");
    CHECK(c.take_of("x") == texts{"a", "c"});
    CHECK(c.take_of("x").empty());
    CHECK(c.take_all() == texts{"b"});
}

TEST_CASE("calls end that have waited for a silent server since a certain time") {
    calls c;
    c.begin("x", start + 1s, "a", 1);
    c.begin("y", start + 1s, "b", 1);
    c.begin("x", start + 1s, "c", 2);
    CHECK(c.take_silent([](auto const& server, auto since) {
        return server == "x" && since < 2;
    }) == texts{"a"});
    CHECK(c.take_all() == texts{"b", "c"});
}

} // namespace pending_calls_test
