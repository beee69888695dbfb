// SPDX-License-Identifier: MIT
#include <hubbub/redis/subscription_set.hpp>

#include "support/subscribing.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace subscription_set_faults_test {

// What a subscription_set does when the link falls.

using namespace std::chrono_literals;
using hubbub::errc;
using hubbub::pattern;
using hubbub::redis_errc;
using hubbub::topic_filter;
using support::ok;
using support::subscribing;
using completed = subscribing::completed;
using names = std::set<std::string>;
using commands = std::vector<std::vector<std::string>>;

TEST_CASE("wherever the link falls, exactly what is wanted is replayed") {
    // Each step, and what is wanted after it.
    struct step {
        std::function<void(subscribing&)> act;
        names wanted;
    };
    auto const send = [](auto& f) { f.send(); };
    auto const answer = [](auto& f) {
        if (f.redis.has_answer())
            CHECK(!f.answer().error);
    };
    auto const linger = [](auto& f) { f.advance(f.linger); };
    std::vector<step> const story{
        {[](auto& f) { f.want("a", 0); }, {"a"}},
        {[](auto& f) { f.want("b", 1); }, {"a", "b"}},
        {send, {"a", "b"}},
        {[](auto& f) { f.want("c", 2); }, {"a", "b", "c"}},
        {answer, {"a", "b", "c"}},
        {answer, {"a", "b", "c"}},
        {[](auto& f) { f.set.push_ping(); }, {"a", "b", "c"}},
        {send, {"a", "b", "c"}},
        {[](auto& f) { f.unwant("a"); }, {"b", "c"}},
        {[](auto& f) { f.unwant("c"); }, {"b"}}, // not confirmed yet
        {answer, {"b"}},
        {linger, {"b"}},
        {[](auto& f) { f.want("c", 3); }, {"b", "c"}}, // while it is to be left
        {send, {"b", "c"}},
        {answer, {"b", "c"}},
        {[](auto& f) { f.want("a", 4); }, {"a", "b", "c"}}, // while it is being left
        {send, {"a", "b", "c"}},
        {answer, {"a", "b", "c"}},
        {answer, {"a", "b", "c"}},
        {[](auto& f) { f.unwant("b"); }, {"a", "c"}},
        {[](auto& f) { f.want("b", 5); }, {"a", "b", "c"}}, // while it lingers
        {[](auto& f) { f.unwant("a"); }, {"b", "c"}},
        {linger, {"b", "c"}},
        {answer, {"b", "c"}},
        {send, {"b", "c"}},
    };
    for (std::size_t fall = 0; fall <= story.size(); ++fall) {
        CAPTURE(fall);
        subscribing f;
        f.set.on_run();
        REQUIRE(f.set.became_whole());
        for (std::size_t i = 0; i < fall; ++i)
            story[i].act(f);
        f.down();
        REQUIRE(!f.set.has_output());
        REQUIRE(f.set.deadline() == hubbub::redis::time_point::max());
        REQUIRE(!f.set.became_whole());

        f.redis.commands.clear();
        f.set.on_run();
        f.settle();
        auto const wanted = fall == 0 ? names{} : story[fall - 1].wanted;
        REQUIRE(f.redis.channels == wanted);
        REQUIRE(f.redis.commands.size() == (wanted.empty() ? 0 : 1)); // each once
        REQUIRE(f.set.became_whole());

        for (std::size_t i = fall; i < story.size(); ++i)
            story[i].act(f);
        f.settle();
        f.advance(f.linger);
        f.settle();
        REQUIRE(f.redis.channels == names{"b", "c"});

        std::map<int, std::error_code> ended;
        for (auto const& [id, results] : f.done.take())
            REQUIRE(ended.emplace(id, std::get<0>(results)).second); // once
        REQUIRE(ended.size() == 6);
        for (int const id : {1, 3, 5})
            REQUIRE(ended[id] == ok);
    }
}

TEST_CASE("what is wanted and unwanted while the link is down is right afterwards") {
    subscribing f;
    f.set.on_run();
    f.want("kept", 0);
    f.want("left", 1);
    f.want("lingering", 2);
    f.settle();
    f.unwant("lingering");
    f.down();
    f.unwant("left");
    f.want("new", 3);
    f.want("new and left", 4);
    f.unwant("new and left");
    f.want("lingering", 5);
    f.advance(10 * f.linger);
    CHECK(!f.set.has_output());
    f.done.take();

    f.set.on_run();
    f.settle();
    CHECK(f.redis.channels == names{"kept", "lingering", "new"});
    auto ended = f.done.take();
    CHECK(ended.size() == 2);
}

TEST_CASE("one who waits is not told of a fall: the want stands") {
    subscribing f;
    f.set.on_run();
    f.want("a", 0);
    for (int i = 0; i < 3; ++i) {
        f.send();
        f.down();
        CHECK(f.done.take().empty());
        f.set.on_run();
    }
    f.settle();
    CHECK(f.done.take() == completed{{0, {ok}}});
}

namespace {

/// Random wants, unwants, falls, returns and answers, beside a plain account of what they mean.
class model {
public:
    explicit model(std::uint32_t seed) : random_(seed) {}

    void step() {
        switch (below(17)) {
        case 0:
        case 1:
        case 2: want(); break;
        case 3:
        case 4: unwant(); break;
        case 5: f_.advance(std::chrono::milliseconds(below(1500))); break;
        case 6: change_link(); break;
        case 7:
            if (up_)
                f_.set.push_ping();
            break;
        case 8:
        case 9:
        case 10:
            if (up_)
                f_.send();
            break;
        case 11: f_.redis.forbidden.clear(); break; // granted while the link is up
        default:
            if (f_.redis.has_answer())
                answer();
        }
        check_promises();
    }

    /// Whatever happened, in the end Redis has what is wanted, and nothing else.
    void settle() {
        if (!up_)
            change_link();
        for (int i = 0; i < 2; ++i) {
            while (f_.send() || f_.redis.has_answer())
                while (f_.redis.has_answer())
                    answer();
            check_promises();
            f_.advance(f_.linger);
        }
        for (auto const& name : wanted_) // what was refused once may have been granted since
            REQUIRE((has(name) || forbidden_on_this_link_.contains(name)));
        for (auto const* const present : {&f_.redis.channels, &f_.redis.patterns})
            for (auto const& name : *present)
                REQUIRE(wanted_.contains(name));
        REQUIRE(waiting_.empty());
        if (std::all_of(wanted_.begin(), wanted_.end(), [&](auto const& n) { return has(n); }))
            REQUIRE(f_.set.deadline() == hubbub::redis::time_point::max());
        REQUIRE(whole_count_ + (f_.set.became_whole() ? 1 : 0) <= generation_);
    }

private:
    int below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }

    // Patterns have names of their own here, so that one set tells all.
    std::string any_name() { return (below(3) == 0 ? "p" : "t") + std::to_string(below(5)); }
    static topic_filter as_filter(std::string const& name) {
        return name[0] == 'p' ? topic_filter(pattern{name}) : topic_filter(name);
    }

    bool has(std::string const& name) const {
        return f_.redis.channels.contains(name) || f_.redis.patterns.contains(name);
    }

    void want() {
        auto const name = any_name();
        waiting_.emplace(++last_id_, name);
        wanted_.insert(name);
        f_.want(as_filter(name), last_id_);
    }

    void unwant() {
        auto const name = any_name();
        wanted_.erase(name);
        active_.erase(name);
        f_.unwant(as_filter(name));
    }

    void change_link() {
        up_ = !up_;
        if (!up_) {
            active_.clear();
            return f_.down();
        }
        ++generation_;
        if (below(3) == 0)
            f_.redis.forbidden = {any_name(), any_name()};
        forbidden_on_this_link_ = f_.redis.forbidden;
        f_.redis.ping_forbidden = below(2) == 0;
        f_.set.on_run();
    }

    void answer() {
        auto const outcome = f_.answer();
        REQUIRE(!outcome.error);
        if (outcome.refused_reason)
            REQUIRE(forbidden_on_this_link_.contains(outcome.refused_name));
        whole_count_ += f_.set.became_whole() ? 1 : 0;
        REQUIRE(whole_count_ <= generation_);
    }

    void check_promises() {
        for (auto const& [id, results] : f_.done.take()) {
            auto const found = waiting_.find(id);
            REQUIRE(found != waiting_.end()); // each completes once
            auto const name = std::exchange(found->second, {});
            waiting_.erase(found);
            auto const error = std::get<0>(results);
            if (!error)
                active_.insert(name);
            else if (error == redis_errc::permission_denied)
                REQUIRE(forbidden_on_this_link_.contains(name));
            else
                REQUIRE(error == errc::closed);
        }
        std::erase_if(active_, [&](auto const& name) { return !wanted_.contains(name); });
        for (auto const& name : active_) // until it is unwanted, or the link falls
            REQUIRE(has(name));
    }

    std::minstd_rand random_;
    subscribing f_;
    bool up_ = false;
    names wanted_;
    names active_;
    names forbidden_on_this_link_;
    std::map<int, std::string> waiting_;
    int last_id_ = 0;
    int generation_ = 0;
    int whole_count_ = 0;
};

} // namespace

TEST_CASE("whatever is wanted, left, lost and refused, in the end Redis has what is wanted") {
    for (std::uint32_t seed = 0; seed < 300; ++seed) {
        CAPTURE(seed);
        model m(seed * 7919);
        for (int round = 0; round < 4; ++round) {
            for (int i = 0; i < 100; ++i)
                m.step();
            m.settle();
        }
    }
}

} // namespace subscription_set_faults_test
