// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/flow/topic_table.hpp>
#include <hubbub/redis/clock.hpp>
#include <hubbub/redis/reply.hpp>
#include <hubbub/transport.hpp>

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
/// The channels that are wanted, which are asked for again after each reconnect. A channel nobody
/// wants any more is kept for a while, as people come back. It does no I/O, and has no lock of its
/// own.
///
/// Answers come in the order of the commands, one for each name
/// (redis.io/docs/latest/develop/pubsub), or one error for a whole command.
class subscription_set {
public:
    /// The meaning of an answer for the owner.
    struct outcome {
        /// protocol_error if the answer fits nothing that was asked.
        std::error_code error = {};
        /// A subscription that Redis refuses, and why.
        std::string refused_name = {};
        std::error_code refused_reason = {};
        /// One that Redis had refused and has confirmed now.
        std::string restored_name = {};
    };

    /// A channel that is not wanted any more is kept for linger; one that Redis refuses is asked
    /// for again after retry, since permissions come back.
    explicit subscription_set(std::chrono::milliseconds linger,
                              std::chrono::milliseconds retry = std::chrono::seconds(2))
        : linger_(linger), retry_(retry) {}

    /// Wants a channel or pattern; done completes when it is active.
    void want(topic_filter const& what, subscribe_completion done);

    /// Wants it no longer, from now on.
    void unwant(topic_filter const& what, time_point now);

    /// The link is up: everything wanted is requested.
    void on_run();

    /// The link fell.
    void on_down();

    /// Ends all waiting with error.
    void close(std::error_code error);

    void push_ping() { to_send_.push_back({verb::ping, nullptr}); }

    /// Asks to leave what has lingered long enough, and again for what was refused.
    void tick(time_point now);

    /// When tick is to be called next.
    time_point deadline() const noexcept;

    /// Whether Redis has confirmed this channel.
    bool is_active(std::string_view topic) const;

    /// Whether something was sent that is not answered yet.
    bool awaits_answer() const noexcept { return !sent_.empty(); }

    bool has_output() const noexcept { return !to_send_.empty(); }

    /// Appends the commands that are due, in batches of up to 512 names.
    void output(std::string& out);

    /// An answer that is no message.
    outcome on_reply(reply const& r);

    /// True once after each reconnect, when everything that was wanted then has been answered.
    bool became_whole() noexcept;

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

    static std::string_view word(verb v) noexcept;

    hubbub::detail::string_map<entry_ptr>& map_for(bool is_pattern) noexcept;

    entry_ptr& find_or_create(topic_filter const& what);

    void request(entry_ptr const& e, bool alone = false);

    command next_command();

    static void append(std::string& out, command const& c);

    outcome on_confirmation(std::string_view name);

    /// An error answers a whole command: each of its names is asked for alone, to find the one.
    outcome on_refusal(std::error_code reason);

    bool was_last_answer(entry& e) noexcept;

    void ask_again();

    void forget(entry_ptr const& e);

    static void complete(entry& e, std::error_code error);

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

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/redis/impl/subscription_set.ipp>
#endif
