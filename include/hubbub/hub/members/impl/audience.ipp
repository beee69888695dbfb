// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/members/audience.hpp>

#include <hubbub/error.hpp>

#include <algorithm>
#include <mutex>
#include <utility>

namespace hubbub::detail {

HUBBUB_DECL audience::audience(frame_bus bus, std::string topic,
                               std::weak_ptr<call_receiver> receiver)
    : bus_(std::move(bus)), topic_(std::move(topic)), receiver_(std::move(receiver)) {}

HUBBUB_DECL void audience::join(member_ptr const& c, completion<std::error_code> done,
                                std::size_t most_waiting) {
    std::unique_lock const lock(mutex_);
    if (state_ == state::active) {
        add(c);
        return done({});
    }
    if (state_ == state::idle)
        subscribe();
    auto& waiting = joining_[c];
    if (most_waiting != 0 && waiting.size() >= most_waiting)
        done(errc::queue_full);
    else
        waiting.push_back(std::move(done));
}

HUBBUB_DECL void audience::leave(member_ptr const& c, std::error_code waiting_end) {
    std::unique_lock const lock(mutex_);
    members_.write([&](member_list& list) {
        auto const at = std::lower_bound(list.begin(), list.end(), c, connected_before);
        if (at != list.end() && *at == c)
            list.erase(at);
    });
    if (auto const waiting = joining_.find(c); waiting != joining_.end()) {
        for (auto& done : waiting->second)
            done(waiting_end);
        joining_.erase(waiting);
    }
}

HUBBUB_DECL bool audience::deserted() const {
    std::shared_lock const lock(mutex_);
    return state_ != state::subscribing && members_.empty() && joining_.empty();
}

HUBBUB_DECL bool audience::has(member_ptr const& c) const {
    auto const list = members();
    return std::binary_search((*list).begin(), (*list).end(), c, connected_before);
}

HUBBUB_DECL bool audience::awaits(member_ptr const& c) const {
    std::shared_lock const lock(mutex_);
    return joining_.contains(c);
}

HUBBUB_DECL void audience::close() {
    std::unique_lock const lock(mutex_);
    for (auto& [who, waiting] : std::exchange(joining_, {}))
        for (auto& done : waiting)
            done(errc::closed);
    members_.write([](member_list& list) { list.clear(); });
    subscription_.reset();
}

HUBBUB_DECL audience::snapshot audience::members() const {
    std::shared_lock const lock(mutex_);
    return members_.read();
}

HUBBUB_DECL void audience::add(member_ptr const& c) {
    members_.write([&](member_list& list) {
        auto const at = std::lower_bound(list.begin(), list.end(), c, connected_before);
        if (at == list.end() || *at != c)
            list.insert(at, c);
    });
}

HUBBUB_DECL void audience::subscribe() {
    state_ = state::subscribing;
    bus_.subscribe<client_call>(
        topic_,
        [weak = weak_from_this()](client_call const& c) {
            auto const present = weak.lock();
            auto const receiver = present ? present->receiver_.lock() : nullptr;
            if (receiver)
                receiver->on_call(c, *present->members());
        },
        {bus_.executor(), [self = shared_from_this()](std::error_code error, subscription s) {
             self->subscribed(error, std::move(s));
         }});
}

HUBBUB_DECL void audience::subscribed(std::error_code error, subscription s) {
    std::unique_lock lock(mutex_);
    auto joined = std::exchange(joining_, {});
    state_ = error || joined.empty() ? state::idle : state::active;
    if (state_ == state::active)
        subscription_ = std::move(s);
    for (auto& [who, waiting] : joined) {
        if (!error)
            add(who);
        for (auto& done : waiting)
            done(error);
    }
    lock.unlock();
    if (auto const receiver = receiver_.lock(); receiver && joined.empty())
        receiver->on_deserted(topic_);
}

} // namespace hubbub::detail
