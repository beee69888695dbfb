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
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <variant>

namespace {

using namespace std::chrono_literals;

class losing_program : public random_hub {
public:
    explicit losing_program(unsigned seed) : random_hub(seed, quick()) {
        for (unsigned i = 0; i < servers; ++i) {
            add_server({.seed = servers * seed + i,
                        .drop = part(20),
                        .duplicate = part(20),
                        .reorder = part(20),
                        .delay = {0ms, std::chrono::milliseconds(pick(20))},
                        .log_lines = 0});
            servers_[i]->bus.on_event([this, i](hubbub::event const& e) {
                if (auto const* const g = std::get_if<hubbub::gap>(&e))
                    add_gap(i, *g);
            });
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
            default: send_from_somewhere(std::to_string(i));
            }
        }
        settle_accounts();
    }

    /// Nobody was told anything twice, or what was for others.
    void check() const {
        for (auto const& c : clients_) {
            std::multiset<std::string> const told(c->told.begin(), c->told.end());
            std::set<std::string> const expected(c->expected.begin(), c->expected.end());
            CHECK(std::includes(expected.begin(), expected.end(), told.begin(), told.end()));
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
    static options quick() {
        return {.hub = {.beacon_interval = 1h},
                .numbers = {.beacon_interval = 10s, .beacon_cap = 20s, .settle_time = 100ms},
                .settle_time = 150ms};
    }

    double part(unsigned percent) { return static_cast<double>(pick(percent)) / 100; }

    void add_gap(unsigned at, hubbub::gap const& g) {
        auto const size = g.last - g.first + 1;
        gaps_[at][std::string(g.topic)] += size;
        note("server " + std::to_string(at) + " lost " + std::to_string(size) + " on " +
             std::string(g.topic));
    }

    /// By topic, what a server's clients should have been told, and none of them was.
    std::map<std::string, std::set<std::string>> missing_at(std::size_t at) const {
        std::map<std::string, std::set<std::string>> missing;
        for (auto const& c : clients_) {
            if (c->server != at)
                continue;
            std::set<std::string> const told(c->told.begin(), c->told.end());
            for (auto const& text : c->expected)
                if (!told.contains(text))
                    missing[topic_of(text, at)].insert(text);
        }
        return missing;
    }

    bool accounted() {
        for (unsigned i = 0; i < servers; ++i)
            for (auto const& [topic, texts] : missing_at(i))
                if (gaps_[i][topic] < texts.size())
                    return false;
        return true;
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

    void send_from_somewhere(std::string const& text) {
        if (auto const sent = send(pick(servers), text)) {
            topics_[text] = shared_topic(*sent);
            expect(*sent);
        }
    }

    /// Of the topics that a call went to, that of a server's clients.
    std::string topic_of(std::string const& text, std::size_t at) const {
        auto const& shared = topics_.at(text);
        return shared.empty()
                   ? hubbub::detail::hub_topics("hub").server(servers_[at]->hub.server_id())
                   : shared;
    }

    /// The topic that all servers get the call by; none if each has its own.
    static std::string shared_topic(call const& sent) {
        hubbub::detail::hub_topics const topics("hub");
        auto const& first = *sent.names.begin();
        bool const one = sent.names.size() == 1;
        switch (sent.to) {
        case call::kind::groups: return one ? topics.group(first) : topics.all();
        case call::kind::users: return one ? topics.user(first) : topics.all();
        case call::kind::clients: return {};
        case call::kind::all: break;
        }
        return topics.all();
    }

    std::map<std::string, std::string> topics_; // of each text
    std::map<std::string, std::uint64_t> gaps_[servers];
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
