// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/completion.hpp>
#include <hubbub/hub/cluster/frame.hpp>
#include <hubbub/hub/core/hooks.hpp>
#include <hubbub/hub/event.hpp>
#include <hubbub/hub/presence/mirror.hpp>
#include <hubbub/hub/presence_change.hpp>
#include <hubbub/subscription.hpp>

#include <atomic>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace hubbub::detail {

/// Tells the owner of one server who comes and goes at all of them, while it wants to know. The
/// servers tell their changes while the beacons of some server say that it watches.
///
/// Thread safety: all functions, from any thread. Changes are told one at a time, in order, with no
/// lock held.
template <class Bus>
class watch : public std::enable_shared_from_this<watch<Bus>> {
public:
    /// Asks a server for its roll; nullopt if it does not come.
    using ask_type =
        std::function<void(std::string const& server, completion<std::optional<roll>>)>;

    watch(Bus& bus, std::string topic, std::shared_ptr<hub_hooks const> hooks)
        : bus_(&bus), topic_(std::move(topic)), hooks_(std::move(hooks)) {}

    /// How to ask, and how to have all servers beacon; before all else.
    void start(ask_type ask, std::function<void()> announce) {
        ask_ = std::move(ask);
        announce_ = std::move(announce);
    }

    /// Whether this server watches.
    bool active() const noexcept { return active_; }

    /// In place of the observer before; it is told all who are there as coming. Null: no more.
    void tell(presence_observer o) {
        auto const observer = o ? std::make_shared<presence_observer>(std::move(o)) : nullptr;
        auto before = observer; // a user's object: destroyed after the lock
        {
            std::lock_guard const lock(mutex_);
            observer_.swap(before);
            mirror_.clear();
            waiting_.clear();
            subscription_.reset();
            active_ = false;
        }
        if (!observer)
            return;
        bus_->template async_subscribe<roll_change>(
            topic_,
            [weak = this->weak_from_this()](roll_change const& c) {
                if (auto const self = weak.lock())
                    self->update(c.server,
                                 [&](auto& m, auto& changes) { return m.changed(c, changes); });
            },
            [self = this->shared_from_this(), observer](std::error_code error, subscription s) {
                {
                    std::lock_guard const lock(self->mutex_);
                    if (self->observer_ != observer)
                        return;
                    self->subscription_ = std::move(s);
                    self->active_ = !error;
                }
                if (error)
                    self->hooks_->notify(watch_failed{error});
                else
                    self->announce_();
            });
    }

    void heard(server_beacon const& b) {
        if (b.state != "gone")
            update(b.server,
                   [&](mirror& m, auto& /*changes*/) { return m.heard(b.server, b.changes); });
    }

    void lost(std::string const& server) {
        update(server, [&](mirror& m, auto& changes) {
            m.lost(server, changes);
            return false;
        });
    }

private:
    /// Changes the mirror, tells what that means, and asks for the roll if f says so.
    template <class Change>
    void update(std::string const& server, Change change) {
        if (!active_)
            return;
        bool ask = false;
        {
            std::lock_guard const lock(mutex_);
            if (!active_)
                return;
            mirror::changes changes;
            ask = change(mirror_, changes);
            for (auto& c : changes)
                waiting_.push_back(std::move(c));
        }
        tell_waiting();
        if (ask)
            ask_for_roll(server);
    }

    void ask_for_roll(std::string const& server) {
        ask_(server, {bus_->get_executor(),
                      [self = this->shared_from_this(), server](std::optional<roll> const& all) {
                          self->update(server, [&](mirror& m, auto& changes) {
                              if (all)
                                  m.called(server, *all, changes);
                              else
                                  m.not_called(server);
                              return false;
                          });
                      }});
    }

    void tell_waiting() {
        {
            std::lock_guard const lock(mutex_);
            if (std::exchange(telling_, true))
                return; // who tells now will tell these too
        }
        while (tell_next()) {
        }
    }

    /// False if there is nothing to tell.
    bool tell_next() {
        std::unique_lock lock(mutex_);
        telling_ = !waiting_.empty();
        if (!telling_)
            return false;
        auto const next = std::move(waiting_.front());
        waiting_.pop_front();
        auto const observer = observer_; // a user's object: destroyed with no lock held
        lock.unlock();
        try {
            (*observer)(next);
        } catch (...) { // whatever an observer throws
            hooks_->notify(hook_failed{{}, "on_change", std::current_exception()});
        }
        return true;
    }

    Bus* const bus_;
    std::string const topic_;
    std::shared_ptr<hub_hooks const> const hooks_;
    ask_type ask_;
    std::function<void()> announce_;
    std::atomic<bool> active_ = false;

    std::mutex mutex_; // guards what follows
    std::shared_ptr<presence_observer> observer_;
    mirror mirror_;
    std::deque<presence_change> waiting_; // to be told; only while there is an observer
    bool telling_ = false;
    subscription subscription_;
};

} // namespace hubbub::detail
