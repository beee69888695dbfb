// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/base/timer.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/event.hpp>
#include <hubbub/hub/cluster/server_registry.hpp>
#include <hubbub/hub/frames/frame.hpp>
#include <hubbub/hub/frames/frame_bus.hpp>
#include <hubbub/hub/members/members.hpp>
#include <hubbub/hub/options.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <system_error>
#include <vector>

namespace hubbub::detail {

/// Tells the other servers of this one by beacons, and knows by theirs which are alive.
///
/// Thread safety: all functions, from any thread. Nothing is published while its lock is held.
class cluster : public std::enable_shared_from_this<cluster> {
public:
    /// The changes that a beacon has made.
    using news = server_registry::change;

    cluster(frame_bus const& bus, hub_topics const& topics, hub_options const& options,
            std::shared_ptr<members> here);

    /// The other servers can hear this one from now on: the first beacon, which others follow.
    void announce();

    /// Lets all servers be heard at once, and hear this one.
    void greet() { tell_all(beacon_reason::arrived); }

    /// Answers those that greet, if any did since this was last heard.
    void answer_greetings();

    /// The beacons of this server say whether it wants to know who comes and goes.
    void watch(bool watches) noexcept { watches_ = watches; }

    /// A beacon came. This server's changes are published while any server watches.
    news heard(server_beacon const& b);

    /// After an outage the others may have dropped this server, which knows of nobody who came
    /// since: it greets again.
    void on_link(event const& e);

    /// Completes when this server has met the others (server_registry::met). Errors: closed.
    void when_met(completion<std::error_code> done);
    bool met() const;

    bool is_alive(std::string const& server) const;
    bool has_gone(std::string const& server) const;
    bool is_silent(std::string const& server, std::uint64_t since) const;
    /// Counts time, for is_silent.
    std::uint64_t beats() const;
    /// This server's id, and those of the others it hears.
    std::vector<std::string> alive() const;

    /// Tells the others that this server goes. The bus is not touched later.
    void close();

    bool open() const noexcept { return open_; }

private:
    void beacon(beacon_reason why);
    void tell_all(beacon_reason why, bool regular = false);
    void on_told(beacon_reason why, std::error_code error, receiver_count receivers);
    void on_time();
    /// Completes those who wait for that, if the servers have met. The lock is held.
    void complete_met();

    frame_bus const bus_;
    hub_topics const topics_;
    std::string const id_;
    std::chrono::milliseconds const interval_;
    std::shared_ptr<members> const here_;
    std::atomic<bool> open_ = true;
    std::atomic<bool> announced_ = false;
    std::atomic<bool> greeted_ = false; // since the link is there
    std::atomic<bool> watches_ = false;

    mutable std::mutex mutex_; // guards what follows
    timer timer_;
    server_registry mutable registry_;
    std::set<std::string> watching_; // servers that want to know who comes and goes
    bool was_greeted_ = false;       // and has not answered
    bool answering_ = false;         // its answer is on its way
    std::vector<completion<std::error_code>> waiting_to_meet_;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/cluster/impl/cluster.ipp>
#endif
