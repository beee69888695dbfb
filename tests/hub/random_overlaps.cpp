// Programs on three servers whose steps do not wait for each other: calls are under way while clients
// come, go and change groups, links fall and a server dies.
#include "support/random_hub.hpp"
#include "support/seeds.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using hubbub::errc;
using hubbub::hub_errc;

/// Bursts of steps, and rest between them. The model of a burst: who is surely meant by a call all the
/// while it may be under way gets it once, or its server is told a gap; who perhaps is, since
/// something is under way for it too, gets it once or not; nobody else does.
class overlapping_program : public random_hub {
public:
    explicit overlapping_program(unsigned seed)
        : random_hub(seed, {.hub = {.request_timeout = 500ms, .order = order_by(seed)},
                            .settle_time = 100ms}) {
        for (unsigned i = 0; i < servers; ++i)
            add_server({.seed = servers * seed + i,
                        .delay = {0ms, std::chrono::milliseconds(pick(10))},
                        .log_lines = 0});
        for (int i = 0; i < 4; ++i)
            connect(pick(servers));
    }

    /// Checks, too: at each rest.
    void run() {
        for (int burst = 0; burst < 3; ++burst) {
            for (int i = 0; i < 12; ++i) {
                step();
                if (auto const pause = pick(13); pause == 0)
                    time_.run_for(2 * longest_way); // what was sent has come, where links are whole
                else if (pause > 3)
                    time_.run_for(std::chrono::milliseconds(pause % 3));
                note_subscriptions();
            }
            come_to_rest();
        }
    }

private:
    using time_point = hubbub::detail::sequence_clock::time_point;
    using server_and_topic = std::pair<std::size_t, std::string>;

    static constexpr unsigned servers = 3;
    /// Through two links that are whole.
    static constexpr auto longest_way = 20ms;

    void step() {
        auto const at = pick(servers);
        switch (pick(14)) {
        case 0: return enter_at(at);
        case 1: return disconnect_somebody();
        case 2:
        case 3:
        case 4: return begin_change(at);
        case 5: return cut_or_heal(at);
        case 6: return kill(at);
        case 7: return begin_to_ask(at);
        default: send_from(at);
        }
    }

    void enter_at(std::size_t at) {
        if (!servers_[at])
            return;
        auto const& c = enter(at);
        consider(c);
        for (auto const& topic : topics_of(c))
            subscribes_if_alone(at, topic);
    }

    void disconnect_somebody() {
        if (auto* const c = somebody()) {
            disconnect(*c);
            consider(*c);
            for (auto const& topic : topics_of(*c))
                subscribes_if_alone(c->server, topic);
        }
    }

    /// Of a group that it does not change already.
    void begin_change(std::size_t by) {
        auto* const c = somebody();
        auto const group = group_name(pick(3));
        bool const in = pick(3) != 0;
        if (c == nullptr || !servers_[by] || !c->unsure.insert(group).second)
            return;
        consider(*c);
        subscribes_if_alone(c->server, topics_.group(group));
        ++pending_;
        change_group(*c, group, in, by, [this, c, group, in](std::error_code error) {
            --pending_;
            note("changed " + group + " of " + c->id + ": " + error.message());
            if (error) // it may yet have happened
                return;
            c->unsure.erase(group);
            set_group(*c, group, in);
        });
    }

    void cut_or_heal(std::size_t at) {
        if (!servers_[at])
            return;
        calm_ = false;
        if (servers_[at]->cut)
            return heal(at);
        cut(at);
        apart_[at] = time_point::max();
    }

    void heal(std::size_t at) {
        if (heal_link(at))
            apart_[at] = time_.now();
    }

    void kill(std::size_t at) {
        if (killed_ || pick(4) != 0)
            return;
        killed_ = at;
        calm_ = false;
        kill_server(at);
        for (auto const& c : clients_)
            consider(*c);
        for (auto& [who, chance] : chances_)
            if (auto const& sent = calls_[who.first];
                sent.by == at && may_be_under_way(sent, client_of(who.second)))
                chance.surely = false; // it took along what it knew
        apart_[at] = time_.now();
    }

    /// Of a client that is here there is an answer, if it is not gone before; of another an error.
    /// How a question to a client that is gone may end, if no link is cut. That its server was killed
    /// is not known at once, and then the time may be over.
    bool may_end_so(std::error_code error, std::size_t at) const {
        if (servers_[at])
            return error == hub_errc::connection_ended || error == hub_errc::unknown_connection;
        return error == hub_errc::unknown_server || error == hub_errc::server_lost ||
               error == errc::timed_out || error == hub_errc::connection_ended;
    }

    void begin_to_ask(std::size_t by) {
        auto const& c = *clients_[pick(clients_.size())];
        if (!servers_[by] || c.id.empty())
            return;
        ++pending_;
        servers_[by]->hub->clients().client(c.id).async_invoke<hubbub::outcome<std::size_t>>(
            "who", [this, &c, was_here = c.here](hubbub::outcome<std::size_t> const& given) {
                --pending_;
                note("asked " + c.id + ": " + given.text());
                if (given)
                    CHECK((was_here && *given == c.number));
                else if (calm_)
                    CHECK((!c.here && may_end_so(given.error(), c.server)));
            });
    }

    void send_from(std::size_t by) {
        auto const* const sent = servers_[by] ? send(by) : nullptr;
        if (sent == nullptr)
            return;
        sent_at_[sent->number] = time_.now();
        for (auto const& p : sent->places)
            began_.try_emplace({by, p.topic}, time_.now());
        for (auto const& c : clients_)
            consider(*sent, *c);
    }

    /// A topic of which nobody at a server is surely a member: there it may be left, and subscribed to
    /// again with the next, if there is any.
    void subscribes_if_alone(std::size_t at, std::string const& topic) {
        if (!is_surely_subscribed(at, topic))
            fresh_[{at, topic}] = time_point::max();
    }

    /// From when on each is surely subscribed to.
    void note_subscriptions() {
        for (auto& [where, since] : fresh_)
            if (since == time_point::max() && is_surely_subscribed(where.first, where.second))
                since = time_.now();
    }

    bool is_surely_subscribed(std::size_t at, std::string const& topic) const {
        return std::any_of(clients_.begin(), clients_.end(), [&](auto const& c) {
            if (c->server != at || !c->here || !topics_of(*c).contains(topic))
                return false;
            return std::none_of(c->unsure.begin(), c->unsure.end(),
                                [&](auto const& group) { return topic == topics_.group(group); });
        });
    }

    /// Or lost. Else it has come: both links have been whole ever since it was sent, and for long.
    bool may_be_under_way(call const& sent, client const& c) const {
        auto const at = sent_at_.at(sent.number);
        return std::max(apart_[c.server], apart_[sent.by]) >= at || time_.now() - at <= longest_way;
    }

    /// A client as it is from now on, for all calls that may be under way.
    void consider(client const& c) {
        for (auto number = begin_; number < calls_.size(); ++number)
            consider(calls_[number], c);
    }

    void consider(call const& sent, client const& c) {
        bool const came_before = !may_be_under_way(sent, c);
        auto const now = came_before ? random_model::chance{} : sent.is_for(c);
        auto const [known, first] = chances_.try_emplace({sent.number, c.number}, now);
        if (came_before)
            return;
        auto& chance = known->second;
        if (!first)
            chance = {chance.surely && now.surely, chance.maybe || now.maybe};
    }

    void come_to_rest() {
        for (std::size_t i = 0; i < servers; ++i)
            heal(i);
        time_.run_until(
            [this] {
                return pending_ == 0 && std::none_of(clients_.begin(), clients_.end(),
                                                     [](auto const& c) { return c->coming; });
            },
            "all that was begun to end", 5s);
        settle();
        for (int i = 0; i < 10 && !accounted(); ++i)
            time_.run_for(1s); // a beacon tells it, where the answer is lost
        check_calls();
        check_presence();
        begin_ = calls_.size();
        chances_.clear();
        fresh_.clear();
        calm_ = true;
    }

    client& client_of(std::size_t number) const { return *clients_[number - 1]; }

    static auto times_told(client const& c, std::size_t number) {
        return std::count(c.told.begin(), c.told.end(), number);
    }

    bool accounted() const {
        return std::all_of(chances_.begin(), chances_.end(), [this](auto const& item) {
            auto const& [who, chance] = item;
            auto const& sent = calls_[who.first];
            auto const& c = client_of(who.second);
            return !chance.surely || times_told(c, sent.number) == 1 ||
                   (!is_direct(sent, c) && (is_in_gap(sent, c.server) || is_unheard(sent, c)));
        });
    }

    /// Of a stream that is older than the subscription its server may not have heard before a link
    /// fell: then nobody knows what is missing. How old it is is not known better than the way of
    /// a question is long.
    bool is_unheard(call const& sent, client const& c) const {
        auto const topic = topic_at(sent, c.server);
        auto const subscribed = fresh_.find({c.server, topic});
        auto const began = began_.find({sent.by, topic});
        if (subscribed == fresh_.end() || began == began_.end())
            return false;
        bool const is_older = subscribed->second == time_point::max() ||
                              began->second <= subscribed->second + longest_way;
        return is_older && std::max(apart_[c.server], apart_[sent.by]) >= sent_at_.at(sent.number);
    }

    void check_calls() {
        check_each();
        CHECK(accounted());
        for (auto const& [who, chance] : chances_)
            CHECK(times_told(client_of(who.second), who.first) <= (chance.maybe ? 1 : 0));
        for (auto const& c : clients_)
            for (auto const number : std::exchange(c->told, {}))
                CHECK(number >= begin_); // nothing comes after a rest
    }

    /// All that are here are counted; and the groups they may be in are asked for, of which the rest
    /// is known to the calls.
    void check_presence() {
        auto const by = servers_[0] ? 0U : 1U;
        std::optional<hubbub::server_results<std::uint64_t>> given;
        servers_[by]->hub->presence().async_count(
            [&](std::error_code, auto all) { given = std::move(all); });
        for (auto const& c : clients_)
            if (c->here && !c->unsure.empty())
                servers_[by]->hub->async_groups_of(
                    c->id, [&c = *c](std::error_code error, lines const& groups) {
                        CHECK(!error);
                        for (std::size_t i = 0; i < 3; ++i) {
                            auto const group = group_name(i);
                            auto const in = c.is_in(group);
                            bool const found =
                                std::find(groups.begin(), groups.end(), group) != groups.end();
                            CHECK((found ? in.maybe : !in.surely));
                            set_group(c, group, found);
                        }
                        c.unsure.clear();
                    });
        await(given, killed_.has_value());
        CHECK(given->value == present());
        for (auto const& missing : given->missing)
            CHECK((killed_ && missing == server_ids_[*killed_]));
        for (auto const& c : clients_)
            CHECK((!c->here || c->unsure.empty()));
    }

    static void set_group(client& c, std::string const& group, bool in) {
        if (in)
            c.groups.insert(group);
        else
            c.groups.erase(group);
    }

    std::size_t pending_ = 0; // that end with a handler, but for coming clients
    std::optional<std::size_t> killed_;

    // Of this burst:
    std::size_t begin_ = 0;                                                       // its first call
    std::map<std::pair<std::size_t, std::size_t>, random_model::chance> chances_; // by call, client
    std::map<server_and_topic, time_point> fresh_; // what servers subscribe to anew, and by when
    bool calm_ = true;                             // no link was cut, and no server killed

    std::map<std::size_t, time_point> sent_at_;    // each call
    std::map<server_and_topic, time_point> began_; // the streams of each server
    std::array<time_point, servers> apart_{};      // when each link was not whole last
};

} // namespace

TEST_SUITE_BEGIN("hub");

TEST_CASE("random programs whose steps overlap: who is meant all the while is told once, or of a "
          "gap; who may be, at most once; nobody else") {
    for_each_seed(many_seeds() / 2, [](unsigned seed) { overlapping_program(seed).run(); });
}

TEST_CASE("a random program whose steps overlap does the same each time, by its seed") {
    for_each_seed(20, [](unsigned seed) { check_replay<overlapping_program>(seed); });
}

TEST_SUITE_END();
