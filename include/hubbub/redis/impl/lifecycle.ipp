// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/redis/lifecycle.hpp>

#include <hubbub/error.hpp>
#include <hubbub/redis/command.hpp>
#include <hubbub/redis/server_error.hpp>

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

HUBBUB_DECL lifecycle::action lifecycle::start(time_point now) {
    if (state_ != state::waiting)
        return action::none;
    state_ = state::connecting;
    deadline_ = now + options_->connect_timeout;
    return action::open;
}

HUBBUB_DECL lifecycle::action lifecycle::on_connected() {
    if (state_ != state::connecting)
        return action::none;
    state_ = state::greeting;
    bool const known = !options_->user.empty() || !options_->password.empty();
    step_ = known ? step::authenticate : step::set_name;
    return action::greet;
}

HUBBUB_DECL std::string lifecycle::greeting() const {
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

HUBBUB_DECL lifecycle::action lifecycle::on_reply(reply const& r, time_point now) {
    if (state_ != state::greeting)
        return action::none;
    if (r.type == value::kind::error)
        if (auto const error = verdict(r.text))
            return on_error(error, now);
    auto const expected = asks_info() ? value::kind::string : value::kind::status;
    if (r.type != value::kind::error && r.type != expected)
        return on_error(redis_errc::protocol_error, now);
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

HUBBUB_DECL bool lifecycle::on_bytes(time_point now, bool filled) noexcept {
    last_bytes_ = now;
    filled_ = static_cast<std::uint8_t>(filled_ << 1 | (filled ? 1 : 0));
    return std::exchange(asked_, false);
}

HUBBUB_DECL void lifecycle::on_written(std::size_t bytes, time_point now) noexcept {
    if (state_ != state::running || !asked_ || unwritten_ == 0 || bytes == 0)
        return;
    unwritten_ -= std::min(bytes, unwritten_);
    deadline_ = now + options_->response_timeout;
    excused_ = false;
}

HUBBUB_DECL lifecycle::action lifecycle::on_error(std::error_code reason, time_point now) {
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

HUBBUB_DECL lifecycle::action lifecycle::on_dropped(time_point now) {
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

HUBBUB_DECL lifecycle::action lifecycle::tick(time_point now) {
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

HUBBUB_DECL lifecycle::action lifecycle::close() {
    bool const connected =
        state_ == state::connecting || state_ == state::greeting || state_ == state::running;
    state_ = state::closed;
    deadline_ = time_point::max();
    return connected ? action::drop : action::none;
}

HUBBUB_DECL time_point lifecycle::deadline() const noexcept {
    if (state_ != state::running || asked_)
        return deadline_;
    // That messages come says nothing of the other way, on which a link subscribes.
    return (subscribes_ ? last_ping_ : last_bytes_) + options_->ping_interval;
}

HUBBUB_DECL bool lifecycle::asks_info() const noexcept {
    return step_ == step::info_server || step_ == step::info_stats;
}

HUBBUB_DECL std::error_code lifecycle::verdict(std::string_view error_reply) const noexcept {
    // Its disk is full, or it is a replica without its master: that refuses a PING, and not
    // Pub/Sub.
    if (step_ == step::ping &&
        (error_reply.starts_with("MISCONF") || error_reply.starts_with("MASTERDOWN")))
        return {};
    auto const error = classify(error_reply);
    if (step_ == step::authenticate && error == redis_errc::server_error)
        return redis_errc::authentication_failed;
    // A user, or a proxy, that has no INFO: then it is not known who was cut off.
    if (asks_info() && error == redis_errc::server_error)
        return {};
    // A user who may publish and subscribe, but not name the connection or ping, is welcome.
    if (step_ != step::authenticate && error == redis_errc::permission_denied)
        return {};
    if (step_ == step::set_name && error == redis_errc::server_error)
        return {};
    return error;
}

HUBBUB_DECL std::string_view lifecycle::info_field(std::string_view info,
                                                   std::string_view name) noexcept {
    auto const at = info.find(name);
    if (at == std::string_view::npos)
        return {};
    info.remove_prefix(at + name.size());
    return info.substr(0, info.find('\r'));
}

HUBBUB_DECL void lifecycle::learn(std::string_view info) {
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

HUBBUB_DECL lifecycle::action lifecycle::probe(time_point now) {
    if (asked_)
        return has_passed(deadline_, now, excused_) ? on_error(errc::timed_out, now) : action::none;
    asked_ = true;
    excused_ = false;
    unwritten_ = 0;
    last_ping_ = now;
    deadline_ = now + options_->response_timeout;
    return action::ping;
}

HUBBUB_DECL std::chrono::milliseconds lifecycle::next_wait() {
    if (attempts_ == 0)
        return std::chrono::milliseconds{0};
    auto most = options_->reconnect_base;
    for (unsigned i = 1; i < attempts_ && most < options_->reconnect_cap; ++i)
        most *= 2;
    most = std::min(most, options_->reconnect_cap);
    return std::chrono::milliseconds{
        std::uniform_int_distribution<std::int64_t>(0, most.count())(random_)};
}

} // namespace hubbub::redis
