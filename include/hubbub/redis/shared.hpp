// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/redis/connection.hpp>
#include <hubbub/redis/link_watch.hpp>
#include <hubbub/redis/probe.hpp>
#include <hubbub/transport.hpp>

#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <functional>
#include <system_error>

namespace hubbub::detail {

/// What the two links of a transport have in common: their observers, their watch, their end.
struct redis_shared {
    explicit redis_shared(redis::options const& o) : probe(o) {}

    observers listeners;
    publish_ledger ledger;
    link_watch watch{listeners, ledger};
    redis::probe probe;
    /// Called on the links' executor when one has given up: ends both.
    std::function<void(std::error_code)> give_up;
    /// Has a probe published, by the other link.
    std::function<void()> send_probe;
    /// Of the last probe that came back. Any thread.
    std::atomic<redis::clock::duration> probe_round_trip{};
};

/// Where probes come back.
class probe_sink final : public sink {
public:
    explicit probe_sink(redis_shared& shared) : shared_(&shared) {}

    void deliver(message_view const& message) noexcept override {
        std::uint64_t number = 0;
        auto const* const end = message.payload.data() + message.payload.size();
        if (std::from_chars(message.payload.data(), end, number).ec != std::errc{})
            return; // somebody else's; ours will come
        shared_->probe.on_probe(number, redis::clock::now());
        shared_->probe_round_trip = shared_->probe.round_trip();
    }

private:
    redis_shared* shared_;
};

/// A session that tells its ups and downs to the watch.
class watched_session : public redis::session {
public:
    void on_retry(std::error_code reason, unsigned attempts,
                  std::chrono::milliseconds wait) override {
        shared_->watch.retry(role_, reason, attempts, wait, redis::clock::now());
        shared_->probe.on_lost();
    }

    void on_give_up(std::error_code reason) override { shared_->give_up(reason); }

protected:
    watched_session(redis_shared& shared, link_role role) : shared_(&shared), role_(role) {}

    redis_shared& shared() const noexcept { return *shared_; }
    void ready() {
        auto const now = redis::clock::now();
        shared_->watch.ready(role_, now);
        if (shared_->watch.state() == link_state::whole)
            shared_->probe.on_whole(now);
    }

private:
    redis_shared* shared_;
    link_role role_;
};

} // namespace hubbub::detail
