// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/error.hpp>
#include <hubbub/redis/command.hpp>
#include <hubbub/redis/resp.hpp>
#include <hubbub/redis/server_error.hpp>
#include <hubbub/transport/redis_options.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

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
    action start(time_point now) {
        if (state_ != state::waiting)
            return action::none;
        state_ = state::connecting;
        deadline_ = now + options_->connect_timeout;
        return action::open;
    }

    action on_connected() {
        if (state_ != state::connecting)
            return action::none;
        state_ = state::greeting;
        bool const known = !options_->user.empty() || !options_->password.empty();
        step_ = known ? step::authenticate : step::set_name;
        return action::greet;
    }

    /// The commands that open a connection. A PING ends them, since a unix socket may say it is
    /// connected when it is not (Asio 1.28 and later, with a full backlog).
    std::string greeting() const {
        std::string commands;
        if (!options_->user.empty())
            append_command(commands, "AUTH", options_->user, options_->password);
        else if (!options_->password.empty())
            append_command(commands, "AUTH", options_->password);
        append_command(commands, "CLIENT", "SETNAME", options_->client_name);
        if (subscribes_) { // by section: the whole may be more than a reply is allowed to be
            append_command(commands, "INFO", "server");
            append_command(commands, "INFO", "stats");
        }
        append_command(commands, "PING");
        return commands;
    }

    /// An answer to the greeting.
    action on_reply(reply const& r, time_point now) {
        if (state_ != state::greeting)
            return action::none;
        if (r.type == value::kind::error)
            if (auto const error = verdict(r.text))
                return on_error(error, now);
        auto const expected = asks_info() ? value::kind::string : value::kind::status;
        if (r.type != value::kind::error && r.type != expected)
            return on_error(errc::protocol_error, now);
        if (asks_info())
            learn(r.text);
        if (step_ != step::ping) {
            step_ = step_ == step::set_name && !subscribes_
                        ? step::ping
                        : static_cast<step>(static_cast<int>(step_) + 1);
            return action::none;
        }
        state_ = state::running;
        up_since_ = last_bytes_ = last_ping_ = now;
        asked_ = false;
        filled_ = 0;
        return action::run;
    }

    /// Something came; filled: as much as was asked for, so that there may be more. True if it
    /// answers a PING: then deadline() has come nearer.
    bool on_bytes(time_point now, bool filled = false) noexcept {
        last_bytes_ = now;
        filled_ = static_cast<std::uint8_t>(filled_ << 1 | (filled ? 1 : 0));
        return std::exchange(asked_, false);
    }

    /// The PING is out when so many bytes are written: until then there can be no answer.
    void on_asked(std::size_t unwritten) noexcept { unwritten_ = unwritten; }

    /// So many bytes were taken. While a PING waits behind them that is a sign of life, as an answer
    /// would be: who is dead takes what the socket holds, at once, and no more.
    void on_written(std::size_t bytes, time_point now) noexcept {
        if (state_ != state::running || !asked_ || unwritten_ == 0 || bytes == 0)
            return;
        unwritten_ -= std::min(bytes, unwritten_);
        deadline_ = now + options_->response_timeout;
        excused_ = false;
    }

    /// The attempt or the link failed.
    action on_error(std::error_code reason, time_point now) {
        if (state_ != state::connecting && state_ != state::greeting && state_ != state::running)
            return action::none;
        // A link that fell as soon as it was up counts as a failed attempt, so that a server which
        // accepts and closes is not asked in a tight loop.
        if (state_ == state::running && now - up_since_ >= options_->reconnect_base)
            attempts_ = 0;
        if (state_ == state::running) {
            closed_there_ = reason == errc::disconnected || reason == std::errc::connection_reset ||
                            reason == std::errc::broken_pipe;
            was_behind_ = filled_ != 0;
        }
        state_ = state::dropping;
        deadline_ = time_point::max();
        reason_ = reason;
        return action::drop;
    }

    /// The connection is closed, and nothing is under way on it.
    action on_dropped(time_point now) {
        if (state_ != state::dropping)
            return action::none;
        if (options_->gives_up_on(reason_)) {
            state_ = state::failed;
            return action::give_up;
        }
        state_ = state::waiting;
        wait_ = next_wait();
        deadline_ = now + wait_;
        ++attempts_;
        return action::retry;
    }

    /// deadline() has come.
    action tick(time_point now) {
        if (now < deadline())
            return action::none;
        switch (state_) {
        case state::waiting: return start(now);
        case state::connecting:
        case state::greeting: return on_error(errc::timed_out, now);
        case state::running: return probe(now);
        default: return action::none;
        }
    }

    /// Ends it; nothing follows.
    action close() {
        bool const connected =
            state_ == state::connecting || state_ == state::greeting || state_ == state::running;
        state_ = state::closed;
        deadline_ = time_point::max();
        return connected ? action::drop : action::none;
    }

    /// When tick is to be called next.
    time_point deadline() const noexcept {
        if (state_ != state::running || asked_)
            return deadline_;
        // That messages come says nothing of the other way, on which a link subscribes.
        return (subscribes_ ? last_ping_ : last_bytes_) + options_->ping_interval;
    }

    /// Whether Redis closed the last link, since what it held back for it had reached the limit there
    /// (client-output-buffer-limit): counted by a Redis that counts such closings, or concluded, since
    /// the link was behind when a Redis that goes on running closed it.
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

    bool asks_info() const noexcept {
        return step_ == step::info_server || step_ == step::info_stats;
    }

    /// Whether an error reply to the present step ends the attempt, and why.
    std::error_code verdict(std::string_view error_reply) const noexcept {
        // Its disk is full, or it is a replica without its master: that refuses a PING, and not
        // Pub/Sub.
        if (step_ == step::ping &&
            (error_reply.starts_with("MISCONF") || error_reply.starts_with("MASTERDOWN")))
            return {};
        auto const error = classify(error_reply);
        if (step_ == step::authenticate && error == errc::server_error)
            return errc::authentication_failed;
        // A user, or a proxy, that has no INFO: then it is not known who was cut off.
        if (asks_info() && error == errc::server_error)
            return {};
        // A user who may publish and subscribe, but not name the connection or ping, is welcome.
        if (step_ != step::authenticate && error == errc::permission_denied)
            return {};
        if (step_ == step::set_name && error == errc::server_error)
            return {};
        return error;
    }

    /// The value of a field, or nothing.
    /// Source: redis.io/docs/latest/commands/info.
    static std::string_view info_field(std::string_view info, std::string_view name) noexcept {
        auto const at = info.find(name);
        if (at == std::string_view::npos)
            return {};
        info.remove_prefix(at + name.size());
        return info.substr(0, info.find('\r'));
    }

    void learn(std::string_view info) {
        if (step_ == step::info_server) {
            auto const run_id = info_field(info, "\nrun_id:");
            same_server_ = !run_id.empty() && run_id == run_id_;
            run_id_ = run_id;
            return;
        }
        auto const cut_offs = info_field(info, "\nclient_output_buffer_limit_disconnections:");
        cut_off_ = cut_off::no;
        if (closed_there_ && same_server_ && !cut_offs.empty() && !cut_offs_.empty())
            cut_off_ = cut_offs == cut_offs_ ? cut_off::no : cut_off::counted;
        else if (closed_there_ && same_server_ && was_behind_)
            cut_off_ = cut_off::concluded;
        closed_there_ = false;
        cut_offs_ = cut_offs;
    }

    action probe(time_point now) {
        if (asked_)
            return has_passed(deadline_, now, excused_) ? on_error(errc::timed_out, now)
                                                        : action::none;
        asked_ = true;
        excused_ = false;
        unwritten_ = 0;
        last_ping_ = now;
        deadline_ = now + options_->response_timeout;
        return action::ping;
    }

    std::chrono::milliseconds next_wait() {
        if (attempts_ == 0)
            return std::chrono::milliseconds{0};
        auto most = options_->reconnect_base;
        for (unsigned i = 1; i < attempts_ && most < options_->reconnect_cap; ++i)
            most *= 2;
        most = std::min(most, options_->reconnect_cap);
        return std::chrono::milliseconds{
            std::uniform_int_distribution<std::int64_t>(0, most.count())(random_)};
    }

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
