// Programs on three servers whose links lose, delay, double and reorder what comes:
// a call is delivered as the model says, or it is in a gap that was told.
#include "support/random_hub.hpp"
#include "support/seeds.hpp"

#include <hubbub/testing/faulty.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <set>

namespace {

using namespace std::chrono_literals;

class losing_program : public random_hub {
public:
    explicit losing_program(unsigned seed) : random_hub(seed, quick(seed)) {
        for (unsigned i = 0; i < servers; ++i) {
            add_server({.seed = servers * seed + i,
                        .drop = part(20),
                        .duplicate = part(20),
                        .reorder = part(20),
                        .delay = {0ms, std::chrono::milliseconds(pick(20))},
                        .log_lines = 0});
        }
        for (int i = 0; i < 4; ++i)
            connect_one();
    }

    void run() {
        for (unsigned i = 0; i < 20; ++i) {
            switch (pick(10)) {
            case 0:
                settle_accounts();
                connect_one();
                break;
            case 1: disconnect_somebody(); break;
            case 2: change_somebodys_group(); break;
            default: send_from_somewhere();
            }
        }
        settle_accounts();
    }

    /// Nobody was told anything twice, or what was for others.
    void check() const {
        check_each();
        for (auto const& c : clients_) {
            auto told = c->told;
            std::sort(told.begin(), told.end());
            CHECK(std::includes(c->expected.begin(), c->expected.end(), told.begin(), told.end()));
        }
    }

    std::uint64_t dropped() const {
        std::uint64_t sum = 0;
        for (auto const& s : servers_)
            sum += s->link.counts().dropped;
        return sum;
    }

private:
    static constexpr unsigned servers = 3;

    /// What the servers tell each other of themselves is not needed here, and would take most of the
    /// time; while where the streams stand is told often, so that each loss is soon in a gap.
    static options quick(unsigned seed) {
        return {.hub = {.order = order_by(seed), .beacon_interval = 1h},
                .numbers = {.beacon_interval = 10s, .beacon_cap = 20s, .settle_time = 100ms},
                .settle_time = 150ms};
    }

    double part(unsigned percent) { return static_cast<double>(pick(percent)) / 100; }

    /// What a client should have been told, and was not, is in a gap; if it took the way over a link.
    bool accounted() const {
        return std::all_of(clients_.begin(), clients_.end(), [this](auto const& c) {
            std::set<std::size_t> const told(c->told.begin(), c->told.end());
            return std::all_of(c->expected.begin(), c->expected.end(), [&](auto const number) {
                auto const& sent = calls_[number];
                return told.contains(number) || (!is_direct(sent, *c) && is_in_gap(sent, *c));
            });
        });
    }

    /// Before anybody comes, goes or changes groups: nothing is under way, and each call that is
    /// missing is in a gap, by a beacon at the latest, of which some are lost, too.
    void settle_accounts() {
        settle();
        for (int i = 0; i < 30 && !accounted(); ++i)
            time_.run_for(10s);
        REQUIRE(accounted());
    }

    /// What a publisher sends is not known to be missing at who never heard of a stream that is
    /// older than his subscription: beacons tell of it, of which some are lost, too.
    void hear_of_all() { time_.run_for(200s); }

    void connect_one() {
        connect(pick(servers));
        hear_of_all();
    }

    void disconnect_somebody() {
        if (auto* const c = somebody()) {
            settle_accounts();
            disconnect(*c);
        }
    }

    /// By its own server, which loses nothing of it.
    void change_somebodys_group() {
        if (auto* const c = somebody()) {
            settle_accounts();
            change_group(*c, c->server);
            hear_of_all();
        }
    }

    void send_from_somewhere() {
        if (auto const* const sent = send(pick(servers)))
            for (auto const& c : clients_)
                if (sent->is_for(*c).surely)
                    c->expected.push_back(sent->number);
    }
};

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE("random programs over lossy links: each call is delivered, or in a gap that was told") {
    std::uint64_t dropped = 0;
    for_each_seed(many_seeds / 4, [&](unsigned seed) { // each takes many beacons
        losing_program p(seed);
        p.run();
        p.check();
        dropped += p.dropped();
    });
    CHECK((dropped > 0 || chosen_seed())); // a single one may be of links that lose nothing
}

TEST_CASE("a random program over lossy links does the same each time, by its seed") {
    for_each_seed(20, [](unsigned seed) { check_replay<losing_program>(seed); });
}

TEST_SUITE_END();
