// Programs on three servers whose links lose, delay, double and reorder what comes:
// a call is delivered as the model says, or it is in a gap that was told; a question ends in time.
#include "support/random_hub.hpp"
#include "support/seeds.hpp"

#include <hubbub/testing/faulty.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

namespace {

using namespace std::chrono_literals;
using hubbub::errc;
using hubbub::hub_errc;

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
            case 3: ask_somebody(pick(servers)); break;
            default: send_from_somewhere();
            }
        }
        settle_accounts();
        time_.run_for(answer_bound); // for what was asked last
    }

    /// Nobody was told anything twice, or what was for others; and each question ended once.
    void check() const {
        check_each();
        CHECK(std::all_of(ends_.begin(), ends_.end(), [](int ends) { return ends == 1; }));
        for (auto const& c : clients_) {
            auto told = c->told;
            std::sort(told.begin(), told.end());
            CHECK(std::includes(c->expected.begin(), c->expected.end(), told.begin(), told.end()));
            CHECK(c->asked <= c->questions); // a question that comes twice is asked once
        }
    }

    std::uint64_t dropped() const {
        std::uint64_t sum = 0;
        for (auto const& s : servers_)
            sum += s->link.counts().dropped;
        return sum;
    }

    int answered() const noexcept { return answered_; }
    int timed_out() const noexcept { return timed_out_; }

private:
    static constexpr unsigned servers = 3;
    static constexpr auto answer_bound = 2s;

    /// What the servers tell each other of themselves is not needed here, and would take most of the
    /// time; while where the streams stand is told often, so that each loss is soon in a gap.
    static options quick(unsigned seed) {
        return {.hub = {.request_timeout = answer_bound,
                        .order = order_by(seed),
                        .beacon_interval = 1h},
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
                return told.contains(number) ||
                       (!is_direct(sent, *c) && is_in_gap(sent, c->server));
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

    /// Of a client that may be gone, or go before it answers. Who is on the asking server itself is
    /// asked, and answers, over no link.
    void ask_somebody(std::size_t by) {
        auto& c = *clients_[pick(clients_.size())];
        ++c.questions;
        servers_[by]->hub->clients().client(c.id).async_invoke<hubbub::outcome<std::size_t>>(
            "who", [this, &c, by, question = ends_.size(), was_here = c.here,
                    begun = time_.now()](hubbub::outcome<std::size_t> const& given) {
                ++ends_[question];
                note("asked " + c.id + ": " + given.text());
                auto const error = given.error();
                CHECK(time_.now() - begun <= (by == c.server ? 0s : answer_bound));
                if (given)
                    CHECK((was_here && *given == c.number));
                else if (error == errc::timed_out)
                    CHECK((by != c.server && time_.now() - begun == answer_bound));
                else if (error == hub_errc::connection_ended)
                    CHECK((was_here && !c.here));
                else
                    CHECK((error == hub_errc::unknown_connection && !c.here));
                answered_ += given ? 1 : 0;
                timed_out_ += error == errc::timed_out ? 1 : 0;
            });
        ends_.push_back(0);
    }

    void send_from_somewhere() {
        if (auto const* const sent = send(pick(servers)))
            for (auto const& c : clients_)
                if (sent->is_for(*c).surely)
                    c->expected.push_back(sent->number);
    }

    std::vector<int> ends_; // of each question
    int answered_ = 0;
    int timed_out_ = 0;
};

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE(
    "random programs over lossy links: each call is delivered, or in a gap that was told; each "
    "question ends once and in time") {
    std::uint64_t dropped = 0;
    int answered = 0;
    int timed_out = 0;
    for_each_seed(many_seeds() / 4, [&](unsigned seed) { // each takes many beacons
        losing_program p(seed);
        p.run();
        p.check();
        dropped += p.dropped();
        answered += p.answered();
        timed_out += p.timed_out();
    });
    // A single one may be of links that lose nothing.
    CHECK(((dropped > 0 && answered > 0 && timed_out > 0) || chosen_seed()));
}

TEST_CASE("a random program over lossy links does the same each time, by its seed") {
    for_each_seed(20, [](unsigned seed) { check_replay<losing_program>(seed); });
}

TEST_SUITE_END();
