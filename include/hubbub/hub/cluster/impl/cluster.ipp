// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/cluster/cluster.hpp>

#include <hubbub/error.hpp>

#include <algorithm>
#include <utility>
#include <variant>

namespace hubbub::detail {

HUBBUB_DECL cluster::cluster(frame_bus const& bus, hub_topics const& topics,
                             hub_options const& options, std::shared_ptr<members> here)
    : bus_(bus), topics_(topics), id_(here->server_id()), interval_(options.beacon_interval),
      here_(std::move(here)), timer_(bus.executor()), registry_(id_, options.missed_beacons) {}

HUBBUB_DECL void cluster::announce() {
    announced_ = true;
    beacon(beacon_reason::arrived);
}

HUBBUB_DECL void cluster::answer_greetings() {
    {
        std::lock_guard const lock(mutex_);
        if (!std::exchange(was_greeted_, false))
            return;
    }
    tell_all(beacon_reason::too);
}

HUBBUB_DECL cluster::news cluster::heard(server_beacon const& b) {
    std::unique_lock lock(mutex_);
    bool const gone = b.state == beacon_reason::gone;
    auto now =
        gone ? registry_.left(b.server) : registry_.heard(b.server, b.state == beacon_reason::here);
    if (now.stale)
        return now;
    complete_met();
    for (auto const& server : now.lost)
        watching_.erase(server);
    if (b.watches && !gone)
        watching_.insert(b.server);
    else
        watching_.erase(b.server);
    bool const watched = !watching_.empty();
    // One answer is for all who greet before this server hears it: it reaches them, too.
    if (b.server != id_) {
        if (b.state == beacon_reason::arrived && !std::exchange(answering_, true))
            was_greeted_ = true;
    } else if (b.state != beacon_reason::arrived) {
        answering_ = false;
    }
    lock.unlock();
    here_->roster().be_watched(watched);
    return now;
}

HUBBUB_DECL void cluster::on_link(event const& e) {
    if (std::holds_alternative<link_lost>(e))
        greeted_ = false;
    else if (std::holds_alternative<link_up>(e) && announced_ && !greeted_)
        greet();
}

HUBBUB_DECL void cluster::when_met(completion<std::error_code> done) {
    std::lock_guard const lock(mutex_);
    if (!open_)
        return done(errc::closed);
    waiting_to_meet_.push_back(std::move(done));
    complete_met();
}

HUBBUB_DECL bool cluster::met() const {
    std::lock_guard const lock(mutex_);
    return registry_.met();
}

HUBBUB_DECL bool cluster::is_alive(std::string const& server) const {
    std::lock_guard const lock(mutex_);
    return registry_.is_alive(server);
}

HUBBUB_DECL bool cluster::has_gone(std::string const& server) const {
    std::lock_guard const lock(mutex_);
    return registry_.has_gone(server);
}

HUBBUB_DECL bool cluster::is_silent(std::string const& server, std::uint64_t since) const {
    std::lock_guard const lock(mutex_);
    return registry_.is_silent(server, since);
}

HUBBUB_DECL std::uint64_t cluster::beats() const {
    std::lock_guard const lock(mutex_);
    return registry_.beats();
}

HUBBUB_DECL std::vector<std::string> cluster::alive() const {
    std::lock_guard const lock(mutex_);
    auto ids = registry_.alive();
    if (!registry_.is_alive(id_))
        ids.push_back(id_);
    return ids;
}

HUBBUB_DECL void cluster::close() {
    if (open_.exchange(false))
        bus_.publish(topics_.beacons(), server_beacon{id_, beacon_reason::gone});
    std::lock_guard const lock(mutex_);
    timer_.cancel();
    for (auto& done : std::exchange(waiting_to_meet_, {}))
        done(errc::closed);
}

HUBBUB_DECL void cluster::beacon(beacon_reason why) {
    if (!open_)
        return;
    tell_all(why, true);
    auto const state = bus_.state();
    bool const for_good = state == link_state::closed || state == link_state::failed;
    std::lock_guard const lock(mutex_);
    if (open_ && !for_good)
        timer_.wake(weak_from_this(), timer_.now() + interval_,
                    [](cluster& self) { self.on_time(); });
}

HUBBUB_DECL void cluster::tell_all(beacon_reason why, bool regular) {
    // While the link is down they would queue up, and come back in one burst that looks as if time
    // had passed.
    if (!open_ || bus_.state() != link_state::whole)
        return;
    server_beacon const own{id_, why, here_->roster().changes(), watches_};
    greeted_ = greeted_ || why == beacon_reason::arrived;
    publish_completion told{bus_.executor(), [weak = weak_from_this(), why](
                                                 std::error_code error, receiver_count receivers) {
                                if (auto const self = weak.lock())
                                    self->on_told(why, error, receivers);
                            }};
    // A regular one waits for room where the queue is full: a server that has much to say is not
    // dead. Others do not, since what waits has all else refused: the next regular one does as
    // well.
    if (regular)
        bus_.publish_patiently(topics_.beacons(), own, interval_, std::move(told));
    else
        bus_.publish(topics_.beacons(), own, std::move(told));
}

HUBBUB_DECL void cluster::on_told(beacon_reason why, std::error_code error,
                                  receiver_count receivers) {
    if (why != beacon_reason::arrived)
        return;
    if (error)
        greeted_ = false; // with the next beacon, then
    if (error || receivers.value_or(0) == 0)
        return; // if nobody counts, this server has met the others after two beacons of its own
    std::lock_guard const lock(mutex_);
    registry_.expect(*receivers);
    complete_met();
}

HUBBUB_DECL void cluster::on_time() {
    beacon(beacon_reason::here);
    if (!greeted_)
        greet();
}

HUBBUB_DECL void cluster::complete_met() {
    if (registry_.met())
        for (auto& done : std::exchange(waiting_to_meet_, {}))
            done({});
}

} // namespace hubbub::detail
