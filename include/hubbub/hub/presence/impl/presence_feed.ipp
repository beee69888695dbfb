// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/presence/presence_feed.hpp>

#include <utility>

namespace hubbub::detail {

HUBBUB_DECL
presence_feed::presence_feed(frame_bus const& bus, hub_topics const& topics,
                             hub_options const& options, std::shared_ptr<cluster> others,
                             std::shared_ptr<rpc> asked, std::shared_ptr<hub_hooks const> hooks)
    : bus_(bus), topic_(topics.presence()), limit_(options.request_timeout),
      cluster_(std::move(others)), rpc_(std::move(asked)), hooks_(std::move(hooks)) {}

HUBBUB_DECL void presence_feed::tell(presence_observer o) {
    auto const observer = o ? std::make_shared<presence_observer>(std::move(o)) : nullptr;
    auto before = observer; // a user's object: destroyed after the lock
    {
        std::lock_guard const lock(mutex_);
        observer_.swap(before);
        tracker_.clear();
        waiting_.clear();
        subscription_.reset();
        active_ = false;
    }
    cluster_->watch(false);
    if (!observer)
        return;
    bus_.subscribe<presence_update>(
        topic_,
        [weak = weak_from_this()](presence_update const& u) {
            if (auto const self = weak.lock())
                self->update(u.server, [&](presence_tracker& t, presence_tracker::changes& out) {
                    return t.changed(u, out);
                });
        },
        {bus_.executor(),
         [self = shared_from_this(), observer](std::error_code error, subscription s) {
             self->subscribed(observer, error, std::move(s));
         }});
}

HUBBUB_DECL void presence_feed::heard(server_beacon const& b) {
    if (b.state != beacon_reason::gone)
        update(b.server, [&](presence_tracker& t, presence_tracker::changes& /*out*/) {
            return t.heard(b.server, b.changes);
        });
}

HUBBUB_DECL void presence_feed::lost(std::string const& server) {
    update(server, [&](presence_tracker& t, presence_tracker::changes& out) {
        t.lost(server, out);
        return false;
    });
}

HUBBUB_DECL void presence_feed::update(std::string const& server, change const& make) {
    if (!active_)
        return;
    bool ask = false;
    {
        std::lock_guard const lock(mutex_);
        if (!active_)
            return;
        presence_tracker::changes changes;
        ask = make(tracker_, changes);
        for (auto& c : changes)
            waiting_.push_back(std::move(c));
    }
    tell_waiting();
    if (ask)
        ask_for_snapshot(server);
}

HUBBUB_DECL void presence_feed::subscribed(std::shared_ptr<presence_observer> const& observer,
                                           std::error_code error, subscription s) {
    {
        std::lock_guard const lock(mutex_);
        if (observer_ != observer)
            return;
        subscription_ = std::move(s);
        active_ = !error;
        cluster_->watch(!error);
    }
    if (error)
        hooks_->notify(watch_failed{error});
    else
        cluster_->greet();
}

HUBBUB_DECL void presence_feed::ask_for_snapshot(std::string const& server) {
    rpc_->ask_server(server, to_ask(presence_question::snapshot, {}), limit_,
                     {bus_.executor(), [self = shared_from_this(), server](answer const& given) {
                          self->update(
                              server, [&](presence_tracker& t, presence_tracker::changes& out) {
                                  if (!given.error && given.presence && given.presence->snapshot)
                                      t.arrived(server, *given.presence->snapshot, out);
                                  else
                                      t.failed(server);
                                  return false;
                              });
                      }});
}

HUBBUB_DECL void presence_feed::tell_waiting() {
    {
        std::lock_guard const lock(mutex_);
        if (std::exchange(telling_, true))
            return; // who tells now will tell these too
    }
    while (tell_next()) {
    }
}

HUBBUB_DECL bool presence_feed::tell_next() {
    std::unique_lock lock(mutex_);
    telling_ = !waiting_.empty();
    if (!telling_)
        return false;
    auto const next = std::move(waiting_.front());
    waiting_.pop_front();
    auto const observer = observer_; // a user's object: destroyed with no lock held
    lock.unlock();
    hooks_->tell("observer", {}, [&] { (*observer)(next); });
    return true;
}

} // namespace hubbub::detail
