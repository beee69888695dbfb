// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/flow/topic_table.hpp>
#include <hubbub/redis/answer_deadline.hpp>
#include <hubbub/redis/shared.hpp>
#include <hubbub/redis/subscription_set.hpp>
#include <hubbub/transport.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>

namespace hubbub::detail {

/// Subscribes to channels, and delivers their messages. subscribe and unsubscribe may be called
/// from any thread.
class subscribe_session final : public watched_session {
public:
    subscribe_session(redis_shared& shared, redis::options const& o, std::string prefix,
                      std::string probe_topic);

    /// Takes done, unless it is refused.
    std::error_code subscribe(topic_filter const& what, std::shared_ptr<message_sink> const& s,
                              subscribe_completion& done, bool& wake);

    /// True if the link's timer must be armed.
    bool unsubscribe(topic_filter const& what, message_sink const& s);

    /// Refuses whatever comes, from any thread.
    void refuse_all(std::error_code reason);

    /// Ends what waits. The link is closed.
    void end();

    bool subscribes() const override { return true; }

    void on_run(redis::lifecycle::cut_off was) override;

    void on_down() override;

    std::error_code on_reply(redis::reply const& r) noexcept override;

    void on_replies_end() override;

    std::string_view output() override;

    void wrote(std::size_t bytes) override;

    std::size_t push_ping() override;

    std::error_code tick(redis::time_point now) override;

    redis::time_point deadline() override;

private:
    /// As Redis sees it.
    topic_filter full_name(topic_filter const& what) const;

    /// As the user knows it.
    std::string name_of(std::string const& full) const;

    /// Delivers to the sinks of the filter that Redis names. One that is not ours is nonsense.
    std::error_code deliver(std::string_view name, std::string_view prefix, bool is_pattern,
                            std::string_view channel, std::string_view payload);

    std::string const prefix_;
    std::string const pattern_prefix_;
    std::string const probe_topic_;
    topic_table table_;
    bool heard_ = false;    // a message in this read
    bool answered_ = false; // and something that is none
    std::mutex mutex_;      // guards what follows, and that table_ and set_ agree
    redis::answer_deadline answer_;
    redis::subscription_set set_;
    std::error_code ended_;
    std::string writing_;
    std::size_t written_ = 0;
    bool awake_ = true;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/redis/impl/subscribe_session.ipp>
#endif
