// All faults at once under `sequenced`: nothing is lost unnoticed, for many seeds.
#include <hubbub/testing/faulty.hpp>
#include <hubbub/transport/sequenced.hpp>

#include <hubbub/bus.hpp>
#include <hubbub/serializer/text.hpp>
#include <hubbub/testing/virtual_time.hpp>

#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

namespace faulty_storm_test {

using namespace std::chrono_literals;

namespace {

using faulty = hubbub::testing::faulty<hubbub::local_transport>;

/// A server behind a link of its own, and what it made of each publisher's numbers.
struct server {
    static constexpr int servers = 3;

    server(asio::io_context& io, hubbub::local_broker const& broker,
           hubbub::testing::faults const& f)
        : below(io.get_executor(), broker), link(below, f), numbered(link), bus(numbered) {}

    void on_message(std::string const& text) {
        auto const from = static_cast<std::size_t>(text.at(0) - '0');
        auto const number = std::stoi(text.substr(2));
        disordered += number <= last.at(from) ? 1 : 0; // twice, or out of order
        last.at(from) = number;
        ++delivered;
    }

    hubbub::local_transport below;
    faulty link;
    hubbub::sequenced<faulty> numbered;
    hubbub::bus<hubbub::sequenced<faulty>, hubbub::text_serializer> bus;
    std::vector<int> last = std::vector<int>(servers, -1);
    std::uint64_t delivered = 0;
    std::uint64_t lost = 0;
    unsigned disordered = 0;
    hubbub::subscription subscription =
        bus.subscribe<std::string>("t", [this](std::string const& text) { on_message(text); });
};

} // namespace

TEST_SUITE_BEGIN("faulty");

TEST_CASE("delivered and lost in gaps are what was published, whatever the faults") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        asio::io_context io;
        hubbub::testing::virtual_time time{io};
        hubbub::local_broker const broker;
        std::vector<std::unique_ptr<server>> all;
        for (std::uint64_t i = 0; i < server::servers; ++i) {
            all.push_back(std::make_unique<server>(
                io, broker,
                hubbub::testing::faults{.seed = seed * 10 + i,
                                        .drop = 0.05,
                                        .duplicate = 0.05,
                                        .reorder = 0.05,
                                        .delay = {0ms, 5ms},
                                        .mean_time_between_cuts = 200ms,
                                        .cut_length = {1ms, 100ms},
                                        .limits = {.max_queue_messages = 50}}));
            all.back()->bus.set_observer([s = all.back().get()](hubbub::event const& e) {
                if (auto const* const g = std::get_if<hubbub::gap>(&e))
                    s->lost += g->last - g->first + 1;
            });
        }
        time.run_for(2s); // until streams that are heard of are new

        std::uint64_t published = 0;
        for (int number = 0; number < 500; ++number) {
            for (std::size_t i = 0; i < all.size(); ++i)
                if (!all[i]->bus.publish("t", std::to_string(i) + ' ' + std::to_string(number)))
                    ++published;
            time.run_for(1ms);
        }
        for (auto const& s : all) {
            INFO(s->link.log());
            time.run_until([&] { return s->delivered + s->lost >= published; },
                           "each message, or its gap", 10min);
        }
        time.run_for(5s); // nothing comes after all

        for (auto const& s : all) {
            CAPTURE(seed);
            CHECK(s->delivered + s->lost == published);
            CHECK(s->disordered == 0);
            CHECK(s->bus.statistics().lost == s->lost);
            auto const c = s->link.counts();
            CHECK(c.dropped > 0);
            CHECK(c.duplicated > 0);
            CHECK(c.reordered > 0);
            CHECK(c.cut_off > 0);
            CHECK(s->lost > 0);
            s->link.heal();
            time.run_until([&] { return s->bus.statistics().queued == 0; }, "the queue to drain");
            auto const n = s->bus.statistics();
            CHECK(n.published == n.refused + n.confirmed + n.unknown + n.discarded);
        }
    }
}

TEST_SUITE_END();

} // namespace faulty_storm_test
