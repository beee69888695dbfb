// Thousands of programs on three servers, and a model of one page that must agree with them.
#include "support/random_hub.hpp"
#include "support/seeds.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using hubbub::errc;

class program : public random_hub {
public:
    explicit program(unsigned seed)
        : random_hub(seed, {.hub = {.order = order_by(seed)},
                            .settle_time = std::chrono::milliseconds(20)}) {
        for (std::size_t i = 0; i < servers; ++i)
            add_server({.limits = {.max_queue_messages = 6}, .log_lines = 0});
        for (int i = 0; i < 4; ++i)
            connect(pick(servers));
    }

    void run() {
        for (unsigned i = 0; i < steps; ++i) {
            switch (pick(14)) {
            case 0: connect_somewhere(); break;
            case 1: disconnect_somebody(); break;
            case 2:
            case 3: change_somebodys_group(); break;
            case 4: cut_or_heal(); break;
            case 5: kill(); break;
            case 6: ask_somebody(); break;
            case 7: count(); break;
            default: send_from_somewhere();
            }
            come_to_rest();
        }
        for (std::size_t i = 0; i < servers; ++i) {
            heal(i);
            come_to_rest(); // what waited there goes out before the next link is whole
        }
        count();
        for (int i = 0; i < 10 && !accounted(); ++i)
            time_.run_for(std::chrono::seconds(1)); // a beacon tells it, where the answer is lost
    }

    /// Deliveries agree, whatever the order of what waited for a link; and what they cannot have
    /// got is in gaps.
    void check() {
        check_each();
        CHECK(accounted());
        for (auto const& c : clients_) {
            std::sort(c->told.begin(), c->told.end());
            std::sort(c->expected.begin(), c->expected.end());
            CHECK(c->told == c->expected);
        }
    }

private:
    static constexpr std::size_t servers = 3;
    static constexpr unsigned steps = 32;

    void come_to_rest() {
        settle();
        for (auto const& c : clients_)
            for (std::size_t i = 0; i < servers; ++i)
                if (is_whole(i) && is_whole(c->server))
                    c->heard.insert(i);
    }

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
        if (c == nullptr || !is_whole(by) || !is_whole(c->server))
            return;
        change_group(*c, by);
        c->heard.clear();
        c->missed.clear(); // who leaves is told no more
    }

    void cut_or_heal() {
        auto const at = pick(servers);
        if (!is_whole(at))
            return heal(at);
        cut(at);
    }

    /// What waited for the link goes out now.
    void heal(std::size_t at) {
        if (heal_link(at))
            for (auto const* const sent : std::exchange(waiting_[at], {}))
                expect_from_backplane(*sent);
    }

    /// Without a word; one at most.
    void kill() {
        auto const at = pick(servers);
        if (killed_ || !servers_[at] || pick(4) != 0)
            return;
        killed_ = at;
        kill_server(at);
    }

    /// A client answers, whatever its server; of one that is gone there is an error, at once if it is
    /// known to be dead.
    void ask_somebody() {
        auto const& c = *clients_[pick(clients_.size())];
        auto const by = pick(servers);
        if (c.server != by && !(is_whole(by) && is_whole(c.server)) && !nobody_is_cut())
            return; // also while the dead one is waited for, who is cut would be lost
        if (!servers_[by])
            return;
        std::optional<hubbub::outcome<std::size_t>> given;
        servers_[by]->hub.clients().client(c.id).async_invoke<std::size_t>(
            "who", [&](auto answer) { given = std::move(answer); });
        await(given, !servers_[c.server]);
        if (c.here)
            CHECK((*given && **given == c.number));
        else if (servers_[c.server])
            CHECK(given->error() == errc::unknown_connection);
        else
            CHECK((given->error() == errc::server_lost || given->error() == errc::unknown_server));
    }

    bool nobody_is_cut() const {
        for (std::size_t i = 0; i < servers; ++i)
            if (!is_whole(i) && killed_ != i)
                return false;
        return true;
    }

    /// All that are here are counted, if no link is cut.
    void count() {
        auto const by = pick(servers);
        if (!nobody_is_cut() || !servers_[by])
            return;
        std::optional<hubbub::census<std::uint64_t>> given;
        servers_[by]->hub.presence().async_count([&](auto all) { given = std::move(all); });
        await(given, killed_.has_value());
        CHECK(given->value == present());
        for (auto const& missing : given->missing)
            CHECK((killed_ && missing == server_ids_[*killed_]));
    }

    void send_from_somewhere() {
        auto const by = pick(servers);
        auto const* const sent = servers_[by] ? send(by) : nullptr;
        if (sent == nullptr)
            return;
        for (auto const& c : clients_)
            if (is_direct(*sent, *c) && sent->is_for(*c).surely)
                c->expected.push_back(sent->number);
        if (servers_[by]->cut)
            waiting_[by].push_back(sent);
        else
            expect_from_backplane(*sent);
    }

    /// The model: whom a call reaches that goes out now.
    void expect_from_backplane(call const& sent) {
        for (auto const& c : clients_) {
            if (is_direct(sent, *c) || !sent.is_for(*c).surely || place_of(sent, *c) == nullptr)
                continue;
            if (!servers_[c->server]->cut)
                c->expected.push_back(sent.number);
            else if (c->heard.contains(sent.by)) // else it may not know that it missed something
                c->missed.push_back(sent.number);
        }
    }

    /// What was missed is in gaps, if they are there who missed it and who would tell it.
    bool accounted() const {
        return std::all_of(clients_.begin(), clients_.end(), [this](auto const& c) {
            return !c->here ||
                   std::all_of(c->missed.begin(), c->missed.end(), [&](auto const number) {
                       auto const& sent = calls_[number];
                       return !servers_[sent.by] || is_in_gap(sent, *c);
                   });
        });
    }

    std::vector<call const*> waiting_[servers];
    std::optional<std::size_t> killed_;
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
