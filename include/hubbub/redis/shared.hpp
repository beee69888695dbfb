// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/flow/observers.hpp>
#include <hubbub/flow/publish_ledger.hpp>
#include <hubbub/redis/clock.hpp>
#include <hubbub/redis/link_watch.hpp>
#include <hubbub/redis/probe.hpp>
#include <hubbub/redis/session.hpp>
#include <hubbub/transport.hpp>
#include <hubbub/transport/redis_options.hpp>

#include <atomic>
#include <chrono>
#include <system_error>

namespace hubbub::detail {

/// The requests that both links make of their transport, on their executor.
class redis_links {
public:
    redis_links() = default;
    redis_links(redis_links const&) = delete;
    redis_links& operator=(redis_links const&) = delete;

    /// One of them has given up: ends both.
    virtual void give_up(std::error_code reason) = 0;
    /// Publishes a probe, by the publishing link.
    virtual void send_probe() = 0;

protected:
    ~redis_links() = default;
};

/// The parts that the two links of a transport share: their observers, their watch, their end.
struct redis_shared {
    redis_shared(redis::options const& o, redis_links& both) : probe(o), links(&both) {}

    observers listeners;
    publish_ledger ledger;
    link_watch watch{listeners, ledger};
    redis::probe probe;
    redis_links* links;
    /// The time that the last probe took which came back. Any thread.
    std::atomic<redis::clock::duration> probe_round_trip{};
};

/// Where probes come back.
class probe_sink final : public message_sink {
public:
    explicit probe_sink(redis_shared& shared) : shared_(&shared) {}

    void deliver(message_view const& message) noexcept override;

private:
    redis_shared* shared_;
};

/// A session that tells its ups and downs to the watch.
class watched_session : public redis::session {
public:
    void on_retry(std::error_code reason, unsigned attempts,
                  std::chrono::milliseconds wait) override;

    void on_give_up(std::error_code reason) override { shared_->links->give_up(reason); }

protected:
    watched_session(redis_shared& shared, link_role role) : shared_(&shared), role_(role) {}

    redis_shared& shared() const noexcept { return *shared_; }
    void ready();

private:
    redis_shared* shared_;
    link_role role_;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/redis/impl/shared.ipp>
#endif
