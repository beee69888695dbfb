// Thousands of programs on three servers, and a model of one page that must agree with them.
#include "support/random_hub.hpp"
#include "support/seeds.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace {

class program : public random_hub {
public:
    explicit program(unsigned seed)
        : random_hub(seed, {.settle_time = std::chrono::milliseconds(20)}) {
        for (std::size_t i = 0; i < servers; ++i)
            add_server();
        for (int i = 0; i < 4; ++i)
            connect(pick(servers));
    }

    void run() {
        for (unsigned i = 0; i < 40; ++i) {
            switch (pick(12)) {
            case 0: connect_somewhere(); break;
            case 1: disconnect_somebody(); break;
            case 2:
            case 3: change_somebodys_group(); break;
            case 4: cut_or_heal(); break;
            case 5: kill(); break;
            default: send_from_somewhere(std::to_string(i));
            }
            settle();
        }
        for (std::size_t i = 0; i < servers; ++i) {
            heal(i);
            settle(); // what waited there goes out before the next link is whole
        }
    }

    /// Deliveries agree, whatever the order of what waited for a link.
    void check() {
        for (auto const& c : clients_) {
            std::sort(c->told.begin(), c->told.end());
            std::sort(c->expected.begin(), c->expected.end());
            CHECK(c->told == c->expected);
        }
    }

private:
    static constexpr std::size_t servers = 3;

    bool is_whole(std::size_t at) const { return servers_[at] && !servers_[at]->cut; }

    /// Where it would not wait for the link.
    void connect_somewhere() {
        if (auto const at = pick(servers); is_whole(at))
            connect(at);
    }

    void disconnect_somebody() {
        if (auto* const c = somebody())
            disconnect(*c);
    }

    /// By any server, if both its link and that of the connection's server are whole.
    void change_somebodys_group() {
        auto* const c = somebody();
        auto const by = pick(servers);
        if (c != nullptr && is_whole(by) && is_whole(c->server))
            change_group(*c, by);
    }

    void cut_or_heal() {
        auto const at = pick(servers);
        if (!is_whole(at))
            return heal(at);
        servers_[at]->cut = true;
        servers_[at]->link.cut();
    }

    /// What waited for the link goes out now.
    void heal(std::size_t at) {
        if (!servers_[at] || !servers_[at]->cut)
            return;
        servers_[at]->cut = false;
        servers_[at]->link.heal();
        for (auto const& sent : std::exchange(waiting_[at], {}))
            expect(sent);
    }

    /// Without a word; one at most.
    void kill() {
        auto const at = pick(servers);
        if (killed_ || !servers_[at] || pick(4) != 0)
            return;
        killed_ = true;
        servers_[at]->wire.close();
        for (auto const& c : clients_)
            if (c->server == at)
                c->here = false;
        servers_[at].reset();
    }

    void send_from_somewhere(std::string text) {
        auto const by = pick(servers);
        auto sent = servers_[by] ? send(by, std::move(text)) : std::nullopt;
        if (!sent)
            return;
        if (sent->to == call::kind::clients)
            expect_own(by, *sent);
        if (servers_[by]->cut)
            waiting_[by].push_back(std::move(*sent));
        else
            expect(*sent);
    }

    /// Those clients that are the sending server's own need no link.
    void expect_own(std::size_t by, call& sent) const {
        for (auto const& c : clients_)
            if (c->server == by && sent.is_for(*c)) {
                c->expected.push_back(sent.text);
                sent.names.erase(c->id);
            }
    }

    std::vector<call> waiting_[servers];
    bool killed_ = false;
};

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE("random programs on three servers whose links fall and that die do what the model says") {
    for_each_seed(2 * many_seeds, [](unsigned seed) {
        program p(seed);
        p.run();
        p.check();
    });
}

TEST_CASE("a random program on servers that fall and die does the same each time, by its seed") {
    for_each_seed(20, [](unsigned seed) { check_replay<program>(seed); });
}

TEST_SUITE_END();
