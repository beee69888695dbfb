// Thousands of programs on three servers, and a model of one page that must agree with them.
#include "support/random_hub.hpp"
#include "support/seeds.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using hubbub::hub_errc;

class program : public random_hub {
public:
    explicit program(unsigned seed)
        : random_hub(seed, {.hub = {.order = order_by(seed)},
                            .settle_time = std::chrono::milliseconds(25)}) {
        for (std::size_t i = 0; i < servers; ++i) {
            add_server({.limits = {.max_queue_messages = 6}, .log_lines = 0});
            listen(i, topics_.server(server_ids_[i]));
        }
        for (int i = 0; i < 4; ++i)
            connect_at(pick(servers));
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

    /// Deliveries agree, whatever the order of what waited for a link; and what did not come to a
    /// server is in gaps.
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

    /// A topic that a server listens to.
    struct listening {
        /// Whose streams it does not know, which are older: of them it may miss what it is not told.
        std::set<std::size_t> unheard;
        std::vector<call const*> missed;
    };

    /// Servers whose links are whole have heard each other.
    void come_to_rest() {
        settle();
        for (auto& [where, l] : listening_)
            std::erase_if(l.unheard,
                          [&](auto by) { return is_whole(where.first) && is_whole(by); });
    }

    void listen(std::size_t at, std::string const& topic) {
        listening now;
        for (std::size_t by = 0; by < servers; ++by)
            if (has_stream_.contains({by, topic}))
                now.unheard.insert(by);
        listening_.try_emplace({at, topic}, std::move(now));
    }

    /// A server listens to what is for its clients. With the last of a group, or of a user, it
    /// leaves the topic, and is told no more what it missed there.
    void listen_for_clients(std::size_t at) {
        std::set<std::string> topics;
        for (auto const& c : clients_)
            if (c->here && c->server == at)
                topics.merge(topics_of(*c));
        for (auto const& topic : topics)
            listen(at, topic);
        topics.insert(topics_.server(server_ids_[at]));
        std::erase_if(listening_, [&](auto const& item) {
            return item.first.first == at && !topics.contains(item.first.second);
        });
    }

    void connect_at(std::size_t at) {
        connect(at);
        listen_for_clients(at);
    }

    /// Where it would not wait for the link.
    void connect_somewhere() {
        if (auto const at = pick(servers); is_whole(at))
            connect_at(at);
    }

    void disconnect_somebody() {
        if (auto* const c = somebody()) {
            disconnect(*c);
            listen_for_clients(c->server);
        }
    }

    /// By any server, if both its link and that of the connection's server are whole.
    void change_somebodys_group() {
        auto* const c = somebody();
        auto const by = pick(servers);
        if (c == nullptr || !is_whole(by) || !is_whole(c->server))
            return;
        change_group(*c, by);
        listen_for_clients(c->server);
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
        std::erase_if(listening_, [&](auto const& item) { return item.first.first == at; });
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
        servers_[by]->hub->clients().client(c.id).async_invoke<hubbub::outcome<std::size_t>>(
            "who", [&](auto answer) { given = std::move(answer); });
        await(given, !servers_[c.server]);
        if (c.here)
            CHECK((*given && **given == c.number));
        else if (servers_[c.server])
            CHECK(given->error() == hub_errc::unknown_connection);
        else
            CHECK((given->error() == hub_errc::server_lost ||
                   given->error() == hub_errc::unknown_server));
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
        std::optional<hubbub::server_results<std::uint64_t>> given;
        servers_[by]->hub->presence().async_count(
            [&](std::error_code, auto all) { given = std::move(all); });
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
        for (auto const& p : sent->places)
            has_stream_.insert({by, p.topic});
        for (auto const& c : clients_)
            if (is_direct(*sent, *c) && sent->is_for(*c).surely)
                c->expected.push_back(sent->number);
        if (servers_[by]->cut)
            waiting_[by].push_back(sent);
        else
            expect_from_backplane(*sent);
    }

    /// The model: whom a call reaches that goes out now, and which servers miss it.
    void expect_from_backplane(call const& sent) {
        for (auto const& c : clients_)
            if (!is_direct(sent, *c) && sent.is_for(*c).surely && !servers_[c->server]->cut &&
                place_of(sent, c->server) != nullptr)
                c->expected.push_back(sent.number);
        for (auto& [where, l] : listening_)
            if (servers_[where.first]->cut && where.second == topic_at(sent, where.first) &&
                place_of(sent, where.first) != nullptr && !l.unheard.contains(sent.by))
                l.missed.push_back(&sent);
    }

    /// What was missed is in gaps, if they are there who would tell it.
    bool accounted() const {
        return std::all_of(listening_.begin(), listening_.end(), [this](auto const& item) {
            auto const& [where, l] = item;
            return std::all_of(l.missed.begin(), l.missed.end(), [&](auto const* sent) {
                return !servers_[sent->by] || is_in_gap(*sent, where.first);
            });
        });
    }

    std::map<std::pair<std::size_t, std::string>, listening> listening_; // by server and topic
    std::set<std::pair<std::size_t, std::string>> has_stream_;           // who published where
    std::vector<call const*> waiting_[servers];
    std::optional<std::size_t> killed_;
};

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE("random programs on three servers whose links fall and that die do what the model says") {
    for_each_seed(2 * many_seeds(), [](unsigned seed) {
        program p(seed);
        p.run();
        p.check();
    });
}

TEST_CASE("a random program on servers that fall and die does the same each time, by its seed") {
    for_each_seed(20, [](unsigned seed) { check_replay<program>(seed); });
}

TEST_SUITE_END();
