// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/base/timer.hpp>
#include <hubbub/bus.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/error.hpp>
#include <hubbub/flow/joined_completion.hpp>
#include <hubbub/hub/cluster/server_registry.hpp>
#include <hubbub/hub/core/hooks.hpp>
#include <hubbub/hub/event.hpp>
#include <hubbub/hub/options.hpp>
#include <hubbub/hub/presence/presence_hooks.hpp>
#include <hubbub/hub/rpc/answer_frame.hpp>
#include <hubbub/hub/rpc/answer_sender.hpp>
#include <hubbub/hub/rpc/pending_calls.hpp>
#include <hubbub/subscription.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace hubbub::detail {

/// What one server has to do with the others: it beacons, knows who is alive, asks and is asked.
///
/// Thread safety: all functions, from any thread. Nothing is published, and nobody called, while
/// its lock is held.
template <class Bus>
class peers : public std::enable_shared_from_this<peers<Bus>> {
public:
    using serializer = typename Bus::serializer_type;
    using message = server_message<packed<serializer>>;
    using call = client_call<packed<serializer>>;
    using answer_type = answer<serializer>;
    using done_type = completion<answer_type>;
    using time_point = timer::time_point;
    /// Answers what another server asks.
    using handler = std::function<void(message const& asked, done_type done)>;

    peers(Bus& bus, hub_topics const& topics, std::string id, hub_options const& options,
          std::shared_ptr<hub_hooks const> hooks)
        : bus_(&bus), topics_(topics), id_(std::move(id)), options_(options),
          hooks_(std::move(hooks)), executor_(bus.get_executor()),
          answers_(std::make_shared<answer_sender<Bus>>(bus, topics, options, hooks_)),
          timer_(executor_), registry_(id_, options.missed_beacons) {}

    /// Begins to listen and to beacon: on_request answers the others, on_call gets the calls of
    /// theirs for connections of this server. A part of ready is each subscription that is active.
    void start(handler on_request, std::function<void(call const&)> on_call,
               presence_hooks presence, joined_completion& ready) {
        on_request_ = std::move(on_request);
        on_call_ = std::move(on_call);
        presence_ = std::move(presence);
        observation_ = bus_->transport().observe([weak = this->weak_from_this()](event const& e) {
            if (auto const self = weak.lock())
                self->on_link(e);
        });
        listen<message>(topics_.control(id_), control_, ready.part(),
                        [](auto& self, auto const& m) { self.on_message(m); });
        listen<call>(topics_.server(id_), calls_, ready.part(),
                     [](auto& self, auto const& c) { self.on_call_(c); });
        listen<server_beacon>(topics_.beacons(), beacons_, ready.part(),
                              [](auto& self, auto const& b) { self.on_beacon(b); });
    }

    /// The other servers can hear this one from now on: the first beacon.
    void announce() {
        announced_ = true;
        beacon("new");
    }

    /// Lets all servers be heard at once, and hear this one.
    void ask_for_beacons() { tell_all("new"); }

    /// Completes when this server has heard of all that are there: as many as the backplane gave its
    /// first beacon to. At the latest after two beacons of its own, between which every living
    /// server had to tell of itself. Errors: timed_out, closed.
    void when_met(std::chrono::milliseconds limit, done_type done) {
        std::lock_guard const lock(mutex_);
        if (open_ && met_)
            return done({});
        wait(nobody, limit, std::move(done));
    }

    bool open() const noexcept { return open_; }

    bool met() const {
        std::lock_guard const lock(mutex_);
        return met_;
    }

    /// Ends what waits, as closed, and tells the others. The bus is not touched later.
    void close() {
        if (open_.exchange(false))
            bus_->publish(topics_.beacons(), server_beacon{id_, "gone"});
        answers_->close();
        std::lock_guard const lock(mutex_);
        timer_.cancel();
        control_.reset();
        calls_.reset();
        beacons_.reset();
        observation_.reset();
        unheard_.clear();
        for (auto& done : pending_.take_all())
            done({.error = errc::closed});
    }

    /// A number for a question to a server; done completes with the answer, with timed_out, with
    /// server_lost, or with closed.
    std::uint64_t begin(std::string const& server, std::chrono::milliseconds limit,
                        done_type done) {
        std::lock_guard const lock(mutex_);
        return wait(server, limit, std::move(done));
    }

    /// The answer, or why there is none; too late it does nothing.
    void finish(std::uint64_t number, answer_type given) {
        std::lock_guard const lock(mutex_);
        if (auto done = pending_.take(number))
            (*done)(std::move(given));
    }

    /// Asks a server, under a number from begin. If that reaches nobody and the server is alive, its
    /// link is just coming back: it is asked again with each beacon of it.
    void ask(std::string const& server, std::uint64_t number, message what) {
        if (has_gone(server))
            return finish(number, {.error = errc::unknown_server});
        what.request = number;
        what.reply_to = id_;
        publish(server, std::make_shared<message const>(std::move(what)));
    }

    /// Tells a server something, and waits for no answer.
    std::error_code tell(std::string const& server, message what) {
        return open_ ? bus_->publish(topics_.control(server), std::move(what))
                     : make_error_code(errc::closed);
    }

    /// This server's id, and those of the others it hears.
    std::vector<std::string> alive() const {
        std::lock_guard const lock(mutex_);
        auto ids = registry_.alive();
        if (std::find(ids.begin(), ids.end(), id_) == ids.end())
            ids.push_back(id_);
        return ids;
    }

private:
    using question = std::shared_ptr<message const>;

    /// The lock is held.
    std::uint64_t wait(std::string const& server, std::chrono::milliseconds limit, done_type done) {
        if (!open_) {
            done({.error = errc::closed});
            return 0;
        }
        auto const number = pending_.begin(server, timer_.now() + bounded(limit), std::move(done),
                                           registry_.beats());
        arm();
        return number;
    }

    void publish(std::string const& server, question const& asked) {
        if (!open_)
            return;
        bus_->async_publish(topics_.control(server), *asked,
                            [self = this->shared_from_this(), server,
                             asked](std::error_code error, std::size_t receivers) {
                                if (!error && receivers == 0 && !self->keep(server, asked))
                                    error = errc::unknown_server;
                                if (error)
                                    self->finish(asked->request, {.error = error});
                            });
    }

    bool has_gone(std::string const& server) const {
        std::lock_guard const lock(mutex_);
        return registry_.has_gone(server);
    }

    /// Nobody got it. False if there is no such server.
    bool keep(std::string const& server, question const& asked) {
        std::lock_guard const lock(mutex_);
        if (!open_ || !registry_.is_alive(server))
            return false;
        unheard_[server].push_back(asked);
        return true;
    }

    template <class T, class Take>
    void listen(std::string const& topic, subscription& kept, completion<std::error_code> active,
                Take take) {
        bus_->template async_subscribe<T>(
            topic,
            [weak = this->weak_from_this(), take](T const& m) {
                if (auto const self = weak.lock(); self && self->open_)
                    take(*self, m);
            },
            [self = this->shared_from_this(), &kept,
             active = std::move(active)](std::error_code error, subscription s) mutable {
                std::lock_guard const lock(self->mutex_);
                if (self->open_)
                    kept = std::move(s);
                active(error);
            });
    }

    void on_message(message const& m) {
        if (m.verb == "done")
            return finish(m.request, answer_of<serializer>(m));
        done_type reply;
        if (m.reply_to)
            reply = {executor_,
                     [by = answers_, to = *m.reply_to, request = m.request](answer_type given) {
                         by->send(to, request, std::move(given));
                     }};
        on_request_(m, std::move(reply));
    }

    /// Who was away is perhaps taken for dead, and knows of nobody who came: it says "new" again.
    void on_link(event const& e) {
        if (std::holds_alternative<link_lost>(e))
            greeted_ = false;
        else if (std::holds_alternative<link_whole>(e) && announced_ && !greeted_)
            tell_all("new");
    }

    void beacon(char const* state) {
        if (!open_)
            return;
        tell_all(state, true);
        std::lock_guard const lock(mutex_);
        auto const state_now = bus_->state();
        bool const for_good = state_now == link_state::closed || state_now == link_state::failed;
        next_beacon_ = for_good ? time_point::max() : timer_.now() + options_.beacon_interval;
        arm();
    }

    void tell_all(char const* state, bool regular = false) {
        // While the link is down they would queue up, and come back in one burst that looks as if
        // time had passed.
        if (!open_ || bus_->state() != link_state::whole)
            return;
        server_beacon own{id_, state};
        presence_.fill(own);
        auto const asks = own.state == "new";
        greeted_ = greeted_ || asks;
        auto told = [weak = this->weak_from_this(), asks](std::error_code error,
                                                          std::size_t receivers) {
            auto const self = weak.lock();
            if (!self || !asks)
                return;
            if (error)
                self->greeted_ = false; // with the next beacon, then
            if (error || receivers == 0)
                return;
            std::lock_guard const lock(self->mutex_);
            // Of several times the most: some were perhaps away.
            self->expected_ =
                self->expected_ == unknown ? receivers : std::max(self->expected_, receivers);
            self->meet();
        };
        // A regular one waits for room where the queue is full: who has much to say is not dead.
        // Others do not, since what waits has all else refused: the next regular one does as well.
        if (regular)
            bus_->async_publish(topics_.beacons(), std::move(own),
                                wait_up_to{options_.beacon_interval}, std::move(told));
        else
            bus_->async_publish(topics_.beacons(), std::move(own), std::move(told));
    }

    /// The lock is held.
    void meet() {
        if (met_ || (registry_.beats() < 2 && registry_.size() < expected_))
            return;
        met_ = true;
        for (auto& done : pending_.take_of(nobody))
            done({});
    }

    void on_beacon(server_beacon const& b) {
        server_registry::change now;
        bool watched = false;
        bool answers = false;
        std::vector<question> again;
        {
            std::lock_guard const lock(mutex_);
            now = b.state == "gone" ? registry_.left(b.server)
                                    : registry_.heard(b.server, b.state == "here");
            if (now.stale)
                return;
            meet();
            for (auto const& server : now.lost) {
                unheard_.erase(server);
                watching_.erase(server);
                for (auto& done : pending_.take_of(server))
                    done({.error = errc::server_lost});
            }
            if (auto kept = unheard_.extract(b.server))
                again = std::move(kept.mapped());
            std::erase_if(again, [&](auto const& q) { return !pending_.waits(q->request); });
            for (auto& done : pending_.take_silent([this](auto const& server, auto since) {
                     return registry_.is_silent(server, since);
                 }))
                done({.error = errc::server_lost});
            if (b.watches && b.state != "gone")
                watching_.insert(b.server);
            else
                watching_.erase(b.server);
            watched = !watching_.empty();
            // One answer is for all who ask before this server hears it: it reaches them, too.
            if (b.server != id_)
                answers = b.state == "new" && !std::exchange(answering_, true);
            else if (b.state != "new")
                answering_ = false;
        }
        presence_.be_watched(watched);
        presence_.heard(b);
        for (auto const& server : now.joined)
            hooks_->notify(server_joined{server});
        for (auto const& server : now.lost) {
            hooks_->notify(server_left{server});
            presence_.lost(server);
        }
        for (auto const& q : again)
            publish(b.server, q);
        if (answers)
            tell_all("too");
    }

    /// Waits for what comes first: the next beacon or a deadline. The lock is held.
    void arm() {
        auto when = next_beacon_;
        if (auto const deadline = pending_.next_deadline(); deadline && *deadline < when)
            when = *deadline;
        if (!open_ || when == armed_ || when == time_point::max())
            return;
        armed_ = when;
        timer_.wake(this->weak_from_this(), when, [](peers& self) { self.on_time(); });
    }

    void on_time() {
        bool due = false;
        {
            std::lock_guard const lock(mutex_);
            armed_ = {};
            auto const now = timer_.now();
            for (auto& done : pending_.take_expired(now))
                done({.error = errc::timed_out});
            due = next_beacon_ <= now;
            if (!due)
                arm();
        }
        if (!due)
            return;
        beacon("here");
        if (!greeted_)
            tell_all("new");
    }

    /// The server that those are said to wait for who wait until all have met. No connection id names
    /// it (server_of).
    static constexpr char const* nobody = "-";
    static constexpr auto unknown = std::numeric_limits<std::size_t>::max();

    Bus* const bus_;
    hub_topics const topics_;
    std::string const id_;
    hub_options const options_;
    std::shared_ptr<hub_hooks const> const hooks_;
    asio::any_io_executor const executor_;
    std::shared_ptr<answer_sender<Bus>> const answers_;
    handler on_request_;
    std::function<void(call const&)> on_call_;
    presence_hooks presence_;
    std::atomic<bool> open_ = true;
    std::atomic<bool> announced_ = false;
    std::atomic<bool> greeted_ = false; // said "new" since the link is there

    mutable std::mutex mutex_; // guards what follows
    timer timer_;
    time_point next_beacon_ = time_point::max();
    time_point armed_ = {};
    server_registry registry_;
    std::set<std::string> watching_; // servers that want to know who comes and goes
    pending_calls<done_type> pending_;
    bool answering_ = false; // its "too" is on its way
    bool met_ = false;
    std::size_t expected_ = unknown;                                    // servers, by the backplane
    std::map<std::string, std::vector<question>, std::less<>> unheard_; // by whom they are for
    std::shared_ptr<void> observation_;                                 // of the link
    subscription control_;
    subscription calls_;
    subscription beacons_;
};

} // namespace hubbub::detail
