// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/hub/calls/hooks.hpp>
#include <hubbub/hub/cluster/cluster.hpp>
#include <hubbub/hub/frames/frame.hpp>
#include <hubbub/hub/frames/frame_bus.hpp>
#include <hubbub/hub/options.hpp>
#include <hubbub/hub/presence/presence_tracker.hpp>
#include <hubbub/hub/presence_change.hpp>
#include <hubbub/hub/rpc/rpc.hpp>
#include <hubbub/subscription.hpp>

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>

namespace hubbub::detail {

/// Tells the owner of one server who comes and goes at all of them, while it wants to know: the
/// servers publish their changes while the beacons of some server say that it watches.
///
/// Thread safety: all functions, from any thread. Changes are told one at a time, in order, with no
/// lock held.
class presence_feed : public std::enable_shared_from_this<presence_feed> {
public:
    presence_feed(frame_bus const& bus, hub_topics const& topics, hub_options const& options,
                  std::shared_ptr<cluster> others, std::shared_ptr<rpc> asked,
                  std::shared_ptr<hub_hooks const> hooks);

    /// Replaces the observer. The new one is told of all connections that are there, as joining.
    /// Null ends it.
    void tell(presence_observer o);

    void heard(server_beacon const& b);
    void lost(std::string const& server);

private:
    /// Changes the tracker, tells what that means, and asks for a snapshot if change says so.
    using change = std::function<bool(presence_tracker&, presence_tracker::changes&)>;
    void update(std::string const& server, change const& make);
    void subscribed(std::shared_ptr<presence_observer> const& observer, std::error_code error,
                    subscription s);
    void ask_for_snapshot(std::string const& server);
    void tell_waiting();
    /// False if there is nothing to tell.
    bool tell_next();

    frame_bus const bus_;
    std::string const topic_;
    std::chrono::milliseconds const limit_;
    std::shared_ptr<cluster> const cluster_;
    std::shared_ptr<rpc> const rpc_;
    std::shared_ptr<hub_hooks const> const hooks_;
    std::atomic<bool> active_ = false;

    std::mutex mutex_; // guards what follows
    std::shared_ptr<presence_observer> observer_;
    presence_tracker tracker_;
    std::deque<presence_change> waiting_; // to be told; only while there is an observer
    bool telling_ = false;
    subscription subscription_;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/presence/impl/presence_feed.ipp>
#endif
