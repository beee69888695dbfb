// SPDX-License-Identifier: MIT
#pragma once

#include "support/hub_stage.hpp"

#include <hubbub/base/virtual_clock.hpp>
#include <hubbub/testing/virtual_time.hpp>

#include <asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

/// A backplane for servers in time that the test owns: the local bus, or Redis, which takes time of
/// its own to answer and is awaited before time goes on. So what a case says of time holds on both.
class timed_backplane {
public:
    using duration = hubbub::testing::virtual_time::duration;

    explicit timed_backplane(hub_setting const& setting)
        : setup_(setting), time_(setup_.io()),
          clock_(asio::use_service<hubbub::detail::virtual_clock>(setup_.io())) {
        if (setting.on_redis)
            admin_.emplace(redis_tcp_fixture::server().connect());
    }

    asio::io_context& io() { return setup_.io(); }
    hubbub::testing::virtual_time::time_point now() const { return time_.now(); }

    /// A transport on it, whose link is whole.
    hubbub::any_transport make() {
        auto made = setup_.make();
        hubbub::testing::run_until(
            io(), [&] { return made.state() == hubbub::link_state::whole; },
            "a link that is whole");
        return made;
    }

    /// Lets so much time pass, and runs what is due in it.
    void run_for(duration time) {
        auto const end = now() + time;
        settle();
        for (auto next = clock_.next(); next && *next <= end; next = clock_.next()) {
            time_.run_for(*next - now());
            settle();
        }
        time_.run_for(end - now());
    }

private:
    /// Runs what is ready, and what that brings about on the backplane, until nothing happens.
    void settle() {
        time_.run_for(duration::zero());
        if (!admin_)
            return;
        // What Redis passes on while it answers one question has arrived by the answer to the next;
        // and of a link that is being made it hears one step later.
        constexpr unsigned questions = 3;
        auto before = commands();
        for (unsigned quiet = 0; quiet < questions;) {
            io().restart();
            bool const idle = io().poll() == 0;
            auto const after = commands();
            quiet = idle && after == before + 1 ? quiet + 1 : 0; // the question itself
            before = after;
        }
    }

    /// How many commands Redis has processed.
    std::uint64_t commands() {
        std::string const name = "total_commands_processed:";
        auto const all = admin_->command({"INFO", "stats"});
        return std::stoull(all.substr(all.find(name) + name.size()));
    }

    json_setup setup_;
    hubbub::testing::virtual_time time_;
    hubbub::detail::virtual_clock& clock_;
    std::optional<redis_client> admin_;
};
