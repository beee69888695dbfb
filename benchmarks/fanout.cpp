// How does the cost of one publish grow with the number of subscribers, where nothing is encoded?
// SPDX-License-Identifier: MIT

#include "support/arguments.hpp"
#include "support/program.hpp"
#include "support/report.hpp"
#include "support/series.hpp"
#include "support/table.hpp"
#include "support/terminal.hpp"

#include <hubbub.hpp>

#include <asio/io_context.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace bench;

// What the first version must keep to.
constexpr std::size_t goal_subscribers = 100;
constexpr double most_ratio = 2.0;

constexpr std::size_t audiences[] = {1, 10, 100, 1000};

struct event {
    std::uint64_t number;
    std::uint64_t values[3];
};
static_assert(sizeof(event) == 32);

/// What every subscriber does.
struct tally {
    std::uint64_t count = 0;
    std::uint64_t sum = 0;

    void take(event const& e) noexcept {
        ++count;
        sum += e.number;
    }
};

// Every other subscriber is of another kind: a compiler that sees but one guesses right who is
// called, and inlines it.

/// The floor of what is bound at run time: a loop over {function, context} pairs.
class raw_loop {
public:
    explicit raw_loop(std::vector<tally>& tallies) {
        for (auto& t : tallies) {
            if (subscribers_.size() % 2 == 0)
                add(t,
                    [](void* context, event const& e) { static_cast<tally*>(context)->take(e); });
            else
                add(t,
                    [](void* context, event const& e) { static_cast<tally*>(context)->take(e); });
        }
    }

    void publish(event const& e) const {
        for (auto const& s : subscribers_)
            s.function(s.context, e);
    }

private:
    struct subscriber {
        void (*function)(void* context, event const& e);
        void* context;
    };

    void add(tally& t, void (*function)(void*, event const&)) {
        subscribers_.push_back({function, &t});
    }

    std::vector<subscriber> subscribers_;
};

/// hubbub, which any thread may publish on, and any sink unsubscribe from.
class local_bus {
public:
    explicit local_bus(std::vector<tally>& tallies) {
        for (auto& t : tallies) {
            if (subscriptions_.size() % 2 == 0)
                add([&t](event const& e) { t.take(e); });
            else
                add([&t](event const& e) { t.take(e); });
        }
    }

    void publish(event const& e) { (void)bus_.publish("events", e); }

private:
    template <class Sink>
    void add(Sink sink) {
        subscriptions_.push_back(bus_.subscribe<event>("events", sink));
    }

    asio::io_context io_;
    hubbub::local_broker broker_;
    hubbub::immediate_local_transport transport_{io_, broker_};
    hubbub::bus<hubbub::immediate_local_transport, hubbub::in_place_serializer> bus_{transport_};
    std::vector<hubbub::subscription> subscriptions_;
};

/// Nanoseconds of one publish, over so many. Errors: throws failure if a subscriber missed any.
template <class Subject>
double time_publishes(Subject& subject, std::vector<tally>& tallies, std::uint64_t publishes) {
    std::fill(tallies.begin(), tallies.end(), tally{});
    event e{};
    auto const begin = std::chrono::steady_clock::now();
    for (; e.number < publishes; ++e.number)
        subject.publish(e);
    std::chrono::duration<double, std::nano> const took = std::chrono::steady_clock::now() - begin;
    for (auto const& t : tallies)
        if (t.count != publishes || t.sum != publishes * (publishes - 1) / 2)
            throw failure(fmt::format("of {} events a subscriber got {}", publishes, t.count));
    return took.count() / static_cast<double>(publishes);
}

struct answer {
    series raw;
    series hubbub;
};

answer ask(std::size_t subscribers, std::size_t runs, double seconds, progress& shown) {
    std::vector<tally> tallies(subscribers);
    raw_loop raw(tallies);
    local_bus bus(tallies);
    std::uint64_t publishes = 64;
    while (time_publishes(bus, tallies, publishes) * static_cast<double>(publishes) < seconds * 1e9)
        publishes *= 2;
    answer result;
    for (std::size_t run = 0; run < runs; ++run) {
        check_interruption();
        shown.step(fmt::format("{} subscribers", subscribers));
        result.raw.add(time_publishes(raw, tallies, publishes));
        result.hubbub.add(time_publishes(bus, tallies, publishes));
    }
    return result;
}

int run(int argc, char** argv) {
    std::size_t runs = 51;
    double seconds = 0.01;
    std::string json;
    bool check = false;
    arguments args("fanout",
                   "How does the cost of one publish grow with the number of subscribers? "
                   "On the local broker,\ndelivered at once, the event as it is; beside "
                   "a loop over {function, context} pairs.");
    args.number<std::size_t>("--runs", "R", "how many runs a median is of (51)", 1, 10000, runs);
    args.number("--seconds", "S", "at least how long hubbub publishes in a run (0.01)", 0.0001,
                60.0, seconds);
    args.text("--json", "FILE", "write every figure of every run there", json);
    args.flag("--check",
              fmt::format("end with status 1 if the ratio at {} subscribers exceeds {}",
                          goal_subscribers, most_ratio),
              check);
    if (!args.parse(argc, argv))
        return 0;
    require_writable(json);

    fmt::print("hubbub {}, {} {}; medians of {} runs\n", hubbub_version(), compiler(),
               BENCHMARK_FLAGS, runs);
    report r("fanout");
    table t(1, {"subscribers", "raw loop ns", "hubbub ns", "ns a delivery", "ratio"});
    double at_goal = 0;
    {
        progress shown(std::size(audiences) * runs);
        for (auto const size : audiences) {
            auto const a = ask(size, runs, seconds, shown);
            auto const ratios = ratio(a.hubbub, a.raw);
            if (size == goal_subscribers)
                at_goal = ratios.median();
            t.add({fmt::format("{}", size), digits(a.raw.median()), digits(a.hubbub.median()),
                   digits(a.hubbub.median() / static_cast<double>(size)), times(ratios.median())});
            r.add({{"means", "raw loop"}, {"subscribers", size}}, "publish", "ns", a.raw);
            r.add({{"means", "hubbub"}, {"subscribers", size}}, "publish", "ns", a.hubbub);
            r.add({{"means", "hubbub"}, {"subscribers", size}}, "cost", "× raw loop", ratios);
        }
    }
    print_heading("One publish, on one thread");
    t.print();
    bool const kept = at_goal <= most_ratio;
    fmt::print("  goal at {} subscribers: {} at most: {}\n", goal_subscribers, times(most_ratio),
               kept ? "kept" : "MISSED");
    r.write(json);
    return check && !kept ? 1 : 0;
}

} // namespace

int main(int argc, char** argv) {
    return bench::run_program("fanout", [&] { return run(argc, argv); });
}
