// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/redis/clock.hpp>
#include <hubbub/redis/reply.hpp>
#include <hubbub/transport/redis_options.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <system_error>

namespace hubbub::redis {

/// The life of one link: connect, greet, run, fall, wait, and again. It decides, and does nothing:
/// each event returns the action to carry out; time is what the caller says it is.
///
///     waiting → connecting → greeting → running
///        ↑______________________↓__________↓___ dropping → failed (final errors)
class lifecycle {
public:
    enum class action {
        none,
        /// Open a connection; then on_connected or on_error.
        open,
        /// Send greeting(); answers go to on_reply.
        greet,
        /// The link is up.
        run,
        /// Send a PING, and say what stands before it (on_asked).
        ping,
        /// Close the connection; when nothing is under way on it any more, on_dropped.
        drop,
        /// Tell that reason() led to a new attempt in wait(); tick will say when.
        retry,
        /// Tell that reason() ended it for good.
        give_up,
    };

    /// subscribes: what the link is for, so that Redis may cut it off (was_cut_off).
    lifecycle(options const& o, std::uint32_t seed, bool subscribes = false)
        : options_(&o), random_(seed), subscribes_(subscribes) {}

    /// Begins the first attempt.
    action start(time_point now);

    action on_connected();

    /// The commands that open a connection. A PING ends them, since a unix socket may say it is
    /// connected when it is not (Asio 1.28 and later, with a full backlog).
    std::string greeting() const;

    /// An answer to the greeting.
    action on_reply(reply const& r, time_point now);

    /// Something came; filled: as much as was asked for, so that there may be more. True if it
    /// answers a PING: then deadline() has come nearer.
    bool on_bytes(time_point now, bool filled = false) noexcept;

    /// The PING is out when so many bytes are written: until then there can be no answer.
    void on_asked(std::size_t unwritten) noexcept { unwritten_ = unwritten; }

    /// The stream took some bytes. While a PING waits behind them that is a sign of life, as an
    /// answer would be: who is dead takes what the socket holds, at once, and no more.
    void on_written(std::size_t bytes, time_point now) noexcept;

    /// The attempt or the link failed.
    action on_error(std::error_code reason, time_point now);

    /// The connection is closed, and nothing is under way on it.
    action on_dropped(time_point now);

    /// deadline() has come.
    action tick(time_point now);

    /// Ends it; nothing follows.
    action close();

    /// When tick is to be called next.
    time_point deadline() const noexcept;

    /// Whether Redis closed the last link, since what it held back for it had reached the limit
    /// there (client-output-buffer-limit): counted by a Redis that counts such closings, or
    /// concluded, since the link was behind when a Redis that goes on running closed it.
    enum class cut_off { no, counted, concluded };
    cut_off was_cut_off() const noexcept { return cut_off_; }

    bool running() const noexcept { return state_ == state::running; }
    bool dropping() const noexcept { return state_ == state::dropping; }
    std::error_code reason() const noexcept { return reason_; }
    std::chrono::milliseconds wait() const noexcept { return wait_; }
    /// Failed attempts and losses since the link was last up for longer than a moment.
    unsigned attempts() const noexcept { return attempts_; }

private:
    enum class state { waiting, connecting, greeting, running, dropping, failed, closed };
    enum class step { authenticate, set_name, info_server, info_stats, ping };

    bool asks_info() const noexcept;

    /// Whether an error reply to the present step ends the attempt, and why.
    std::error_code verdict(std::string_view error_reply) const noexcept;

    /// The value of a field, or nothing.
    /// Source: redis.io/docs/latest/commands/info.
    static std::string_view info_field(std::string_view info, std::string_view name) noexcept;

    void learn(std::string_view info);

    action probe(time_point now);

    std::chrono::milliseconds next_wait();

    options const* options_;
    std::minstd_rand random_;
    state state_ = state::waiting;
    step step_ = step::ping;
    time_point deadline_ = time_point::max();
    time_point up_since_;
    time_point last_bytes_;
    time_point last_ping_;
    bool asked_ = false;
    bool excused_ = false;
    std::size_t unwritten_ = 0; // of what was asked, and what stands before it
    unsigned attempts_ = 0;
    std::chrono::milliseconds wait_{0};
    std::error_code reason_;
    bool subscribes_;
    bool closed_there_ = false;
    std::uint8_t filled_ = 0; // whether each of the last eight reads was
    bool was_behind_ = false;
    bool same_server_ = false;
    cut_off cut_off_ = cut_off::no;
    std::string run_id_; // of the server that the link was last connected to
    std::string cut_offs_;
};

} // namespace hubbub::redis

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/redis/impl/lifecycle.ipp>
#endif
