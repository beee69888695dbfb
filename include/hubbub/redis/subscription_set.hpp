// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/error.hpp>
#include <hubbub/flow/topic_table.hpp>
#include <hubbub/redis/command.hpp>
#include <hubbub/redis/resp.hpp>
#include <hubbub/redis/server_error.hpp>
#include <hubbub/transport.hpp>
#include <hubbub/transport/redis_options.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace hubbub::redis {

/// The channels and patterns that one link is to be subscribed to, and what Redis confirmed.
///
/// What is wanted is the truth; after each reconnect it is replayed. A channel nobody wants any
/// more is kept for a while, as people come back. It does no I/O, and has no lock of its own.
///
/// Answers come in the order of the commands, one for each name
/// (redis.io/docs/latest/develop/pubsub), or one error for a whole command.
class subscription_set {
public:
    /// What an answer meant to the owner.
    struct outcome {
        /// protocol_error if the answer fits nothing that was asked.
        std::error_code error = {};
        /// A subscription that Redis refuses, and why.
        std::string refused_name = {};
        std::error_code refused_reason = {};
        /// One that Redis had refused and has confirmed now.
        std::string restored_name = {};
    };

    /// What is not wanted any more is kept for linger; what Redis refuses is asked for again after
    /// retry, since permissions come back.
    explicit subscription_set(std::chrono::milliseconds linger,
                              std::chrono::milliseconds retry = std::chrono::seconds(2))
        : linger_(linger), retry_(retry) {}

    /// Wants a channel or pattern; done completes when it is active.
    void want(interest const& what, subscribe_completion done) {
        auto& e = find_or_create(what);
        if (!std::exchange(e->wanted, true))
            lingering_.erase({e->lingers_until, e});
        if (e->state == state::active)
            return done({});
        if (done)
            e->waiting.push_back(std::move(done));
        if (connected_ && e->state != state::requested)
            request(e);
    }

    /// Wants it no longer, from now on.
    void unwant(interest const& what, time_point now) {
        auto& map = map_for(what.is_pattern);
        auto const found = map.find(what.name);
        if (found == map.end() || !found->second->wanted)
            return;
        auto const e = found->second;
        e->wanted = false;
        complete(*e, errc::closed);
        if (e->state == state::idle || e->state == state::refused) {
            std::erase(refused_, e);
            if (refused_.empty())
                ask_again_ = time_point::max();
            map.erase(found);
        } else {
            e->lingers_until = now + linger_;
            lingering_.emplace(e->lingers_until, e);
        }
    }

    /// The link is up: everything wanted is requested.
    void on_run() {
        connected_ = true;
        told_whole_ = false;
        replaying_ = topics_.size() + patterns_.size();
        for (auto* const map : {&topics_, &patterns_})
            for (auto& [name, e] : *map) {
                e->replayed = true;
                request(e);
            }
    }

    /// The link fell.
    void on_down() {
        connected_ = false;
        to_send_.clear();
        sent_.clear();
        lingering_.clear();
        refused_.clear();
        ask_again_ = time_point::max();
        for (auto* const map : {&topics_, &patterns_}) {
            std::erase_if(*map, [](auto const& item) { return !item.second->wanted; });
            for (auto& [name, e] : *map) {
                e->state = state::idle;
                e->quietly = false;
                e->unanswered = 0;
            }
        }
    }

    /// Ends all waiting with error.
    void close(std::error_code error) {
        on_down();
        for (auto* const map : {&topics_, &patterns_}) {
            for (auto& [name, e] : *map)
                complete(*e, error);
            map->clear();
        }
    }

    void push_ping() { to_send_.push_back({verb::ping, nullptr}); }

    /// Asks to leave what has lingered long enough, and again for what was refused.
    void tick(time_point now) {
        if (ask_again_ == soon)
            ask_again_ = now + retry_;
        else if (ask_again_ <= now)
            ask_again();
        while (!lingering_.empty() && lingering_.begin()->first <= now) {
            auto const e = lingering_.begin()->second;
            lingering_.erase(lingering_.begin());
            e->state = state::leaving;
            ++e->unanswered;
            to_send_.push_back({e->is_pattern ? verb::punsubscribe : verb::unsubscribe, e});
        }
    }

    /// When tick is to be called next.
    time_point deadline() const noexcept {
        return lingering_.empty() ? ask_again_ : std::min(ask_again_, lingering_.begin()->first);
    }

    /// Whether Redis has confirmed this channel.
    bool is_active(std::string_view topic) const {
        auto const found = topics_.find(topic);
        return found != topics_.end() && found->second->state == state::active;
    }

    /// Whether something was sent that is not answered yet.
    bool awaits_answer() const noexcept { return !sent_.empty(); }

    bool has_output() const noexcept { return !to_send_.empty(); }

    /// Appends the commands that are due, in batches of up to 512 names.
    void output(std::string& out) {
        while (!to_send_.empty()) {
            sent_.push_back(next_command());
            append(out, sent_.back());
        }
    }

    /// An answer that is no message.
    outcome on_reply(reply const& r) {
        if (sent_.empty())
            return {errc::protocol_error};
        if (r.type == value::kind::error)
            return on_refusal(classify(r.text));
        auto const asked = sent_.front().what;
        if (asked == verb::ping) {
            bool const pong = r.elements.size() == 2 && r.elements[0].text == "pong";
            if (!pong && r.type != value::kind::status)
                return {errc::protocol_error};
            sent_.pop_front();
            return {};
        }
        if (r.elements.size() != 3 || r.elements[0].text != word(asked))
            return {errc::protocol_error};
        return on_confirmation(r.elements[1].text);
    }

    /// True once after each reconnect, when everything that was wanted then has been answered.
    bool became_whole() noexcept {
        return connected_ && replaying_ == 0 && !std::exchange(told_whole_, true);
    }

private:
    enum class state { idle, requested, active, leaving, refused };
    enum class verb { subscribe, psubscribe, unsubscribe, punsubscribe, ping };

    struct entry {
        std::string name;
        bool is_pattern = false;
        bool wanted = false;
        bool quietly = false;  // asked for again by itself: another refusal is no news
        bool replayed = false; // on this link, and not answered yet
        bool was_refused = false;
        enum state state = state::idle;
        int unanswered = 0; // commands about it that wait or are sent; the last one counts
        time_point lingers_until = {};
        std::vector<subscribe_completion> waiting = {};
    };
    using entry_ptr = std::shared_ptr<entry>;

    struct request_line {
        verb what;
        entry_ptr about;
        bool alone = false;
    };

    struct command {
        verb what;
        std::vector<entry_ptr> names;
        std::size_t confirmed = 0;
    };

    // Long commands make Redis busy for long; 512 is what other backplanes have found good.
    static constexpr std::size_t most_names = 512;

    static std::string_view word(verb v) noexcept {
        constexpr std::string_view words[] = {"subscribe", "psubscribe", "unsubscribe",
                                              "punsubscribe", "ping"};
        return words[static_cast<std::size_t>(v)];
    }

    hubbub::detail::string_map<entry_ptr>& map_for(bool is_pattern) noexcept {
        return is_pattern ? patterns_ : topics_;
    }

    entry_ptr& find_or_create(interest const& what) {
        auto& map = map_for(what.is_pattern);
        auto const found = map.find(what.name);
        if (found != map.end())
            return found->second;
        auto e = std::make_shared<entry>(entry{std::string(what.name), what.is_pattern});
        return map.emplace(what.name, std::move(e)).first->second;
    }

    void request(entry_ptr const& e, bool alone = false) {
        e->state = state::requested;
        ++e->unanswered;
        to_send_.push_back({e->is_pattern ? verb::psubscribe : verb::subscribe, e, alone});
    }

    command next_command() {
        command next{to_send_.front().what, {}};
        bool const alone = to_send_.front().alone;
        do {
            if (to_send_.front().about)
                next.names.push_back(std::move(to_send_.front().about));
            to_send_.pop_front();
        } while (!alone && next.what != verb::ping && next.names.size() < most_names &&
                 !to_send_.empty() && to_send_.front().what == next.what &&
                 !to_send_.front().alone);
        return next;
    }

    static void append(std::string& out, command const& c) {
        detail::append_header(out, '*', 1 + c.names.size());
        detail::append_argument(out, word(c.what));
        for (auto const& e : c.names)
            detail::append_argument(out, e->name);
    }

    outcome on_confirmation(std::string_view name) {
        auto& c = sent_.front();
        auto const e = c.names[c.confirmed];
        if (e->name != name)
            return {errc::protocol_error};
        auto const what = c.what;
        if (++c.confirmed == c.names.size())
            sent_.pop_front();
        if (!was_last_answer(*e))
            return {};
        if (what == verb::subscribe || what == verb::psubscribe) {
            e->state = state::active;
            complete(*e, {});
            if (std::exchange(e->was_refused, false))
                return {.restored_name = e->name};
        } else {
            forget(e);
        }
        return {};
    }

    /// An error answers a whole command: each of its names is asked for alone, to find the one.
    outcome on_refusal(std::error_code reason) {
        auto const c = std::move(sent_.front());
        sent_.pop_front();
        if (c.names.size() > 1 && (c.what == verb::subscribe || c.what == verb::psubscribe)) {
            for (auto const& e : c.names)
                if (--e->unanswered == 0)
                    request(e, true);
            return {};
        }
        for (auto const& e : c.names) {
            if (!was_last_answer(*e))
                continue;
            if (!e->wanted) {
                forget(e);
                continue;
            }
            e->state = state::refused;
            e->was_refused = true;
            complete(*e, reason);
            refused_.push_back(e);
            if (ask_again_ == time_point::max())
                ask_again_ = soon;
            if (!std::exchange(e->quietly, false))
                return {.refused_name = e->name, .refused_reason = reason};
        }
        return {};
    }

    bool was_last_answer(entry& e) noexcept {
        if (--e.unanswered > 0)
            return false;
        if (std::exchange(e.replayed, false))
            --replaying_;
        return true;
    }

    void ask_again() {
        ask_again_ = time_point::max();
        for (auto const& e : std::exchange(refused_, {}))
            if (e->wanted && e->state == state::refused) {
                e->quietly = true;
                request(e, true);
            }
    }

    void forget(entry_ptr const& e) {
        lingering_.erase({e->lingers_until, e});
        map_for(e->is_pattern).erase(e->name);
    }

    static void complete(entry& e, std::error_code error) {
        for (auto& done : std::exchange(e.waiting, {}))
            done(error);
    }

    /// At the next tick, which knows the time.
    static constexpr time_point soon = time_point::min();

    std::chrono::milliseconds linger_;
    std::chrono::milliseconds retry_;
    std::vector<entry_ptr> refused_;
    time_point ask_again_ = time_point::max();
    hubbub::detail::string_map<entry_ptr> topics_;
    hubbub::detail::string_map<entry_ptr> patterns_;
    std::deque<request_line> to_send_;
    std::deque<command> sent_;
    std::set<std::pair<time_point, entry_ptr>> lingering_; // not wanted, and not left yet
    std::size_t replaying_ = 0;
    bool connected_ = false;
    bool told_whole_ = false;
};

} // namespace hubbub::redis
