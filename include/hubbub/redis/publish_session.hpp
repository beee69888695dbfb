// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/limits.hpp>
#include <hubbub/redis/publish_queue.hpp>
#include <hubbub/redis/shared.hpp>
#include <hubbub/transport.hpp>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>

namespace hubbub::detail {

/// Sends publishes to Redis. push may be called from any thread.
class publish_session final : public watched_session {
public:
    publish_session(redis_shared& shared, message_limits const& limits, std::string prefix)
        : watched_session(shared, link_role::publishing), prefix_(std::move(prefix)),
          queue_(limits, shared.ledger) {}

    /// Queues a publish, and takes done, unless it is refused. wake becomes true if the link must
    /// be told to flush.
    std::error_code push(message_view const& message, publish_completion& done, bool& wake);

    /// From any thread.
    void wait_for_room(std::size_t bytes, completion<std::error_code> done);

    /// Completes done when what waits now is answered. From any thread.
    void flush(completion<std::error_code> done);
    /// The same, and refuses what comes.
    void drain(completion<std::error_code> done);

    /// Refuses whatever comes, from any thread, and ends who waits for room: in a budget that
    /// outlives the io_context he must not be left, and end() does not come if that runs no more.
    void refuse_all(std::error_code reason);

    /// Ends what waits. The link is closed.
    void end();

    /// Adds what is, and was, in the queue.
    void add_to(statistics& s) const;

    bool subscribes() const override { return false; }

    void on_run(redis::lifecycle::cut_off /*was*/) override;

    void on_down() override;

    std::error_code on_reply(redis::reply const& r) noexcept override;

    void on_replies_end() override {}

    std::string_view output() override;

    void wrote(std::size_t bytes) override;

    std::size_t push_ping() override;

    /// Queues a probe; done completes with how many got it.
    void push_probe(std::string_view topic, std::string_view number, publish_completion done);

    std::error_code tick(redis::time_point /*now*/) override { return {}; }
    redis::time_point deadline() override { return redis::time_point::max(); }

private:
    void tell_displaced();

    std::string const prefix_;
    std::uint64_t displaced_told_ = 0;
    mutable std::mutex mutex_; // guards what follows
    redis::publish_queue queue_;
    std::error_code ended_;
    bool draining_ = false;
    /// A flush is due or under way, or will come with the link.
    bool awake_ = true;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/redis/impl/publish_session.ipp>
#endif
