// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/shared_list.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/error.hpp>
#include <hubbub/hub/cluster/frame.hpp>
#include <hubbub/hub/members/member.hpp>
#include <hubbub/subscription.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace hubbub::detail {

/// Takes the calls that reach one server.
template <class Bus>
class call_receiver {
public:
    using call = client_call<packed<typename Bus::serializer_type>>;

    /// A call came on the topic of an audience that has these members.
    virtual void on_call(call const& c, member_list<Bus> const& members) = 0;
    /// The topic of an audience is subscribed, or not to be had, and all that waited have left.
    virtual void on_deserted(std::string const& topic) = 0;

protected:
    ~call_receiver() = default;
};

/// The connections of this server that one topic is for: all, a group, a user. The topic is
/// subscribed while there are any, and joining completes when the subscription is active.
///
/// Thread safety: all functions, from any thread.
template <class Bus>
class audience : public std::enable_shared_from_this<audience<Bus>> {
public:
    using call = typename call_receiver<Bus>::call;
    using snapshot = typename shared_list<member_ptr<Bus>>::snapshot;

    audience(Bus& bus, std::string topic, std::weak_ptr<call_receiver<Bus>> receiver)
        : bus_(&bus), topic_(std::move(topic)), receiver_(std::move(receiver)) {}

    std::string const& topic() const noexcept { return topic_; }

    /// Adds c as soon as every later call reaches it, and then completes. Errors: queue_full, if so
    /// many joins of this connection wait already; 0: no limit.
    void join(member_ptr<Bus> const& c, completion<std::error_code> done,
              std::size_t most_waiting = 0) {
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

    /// Its joins that still wait end as given.
    void leave(member_ptr<Bus> const& c, std::error_code waiting_end) {
        std::unique_lock const lock(mutex_);
        members_.write([&](auto& list) {
            if (auto const at = place_of(c, list); at != list.end() && *at == c)
                list.erase(at);
        });
        if (auto const waiting = joining_.find(c); waiting != joining_.end()) {
            for (auto& done : waiting->second)
                done(waiting_end);
            joining_.erase(waiting);
        }
    }

    /// Whether nobody is left, and this object is done with: not while it subscribes, since a
    /// subscription that waits for the backplane cannot be taken back, and another would wait beside
    /// it. Then on_deserted follows.
    bool deserted() const {
        std::shared_lock const lock(mutex_);
        return state_ != state::subscribing && members_.empty() && joining_.empty();
    }

    /// Whether it is a member.
    bool has(member_ptr<Bus> const& c) const {
        auto const list = members();
        return std::binary_search((*list).begin(), (*list).end(), c, connected_before<Bus>);
    }

    /// Whether it waits to be one.
    bool awaits(member_ptr<Bus> const& c) const {
        std::shared_lock const lock(mutex_);
        return joining_.contains(c);
    }

    /// Ends all that wait.
    void close() {
        std::unique_lock const lock(mutex_);
        for (auto& [who, waiting] : std::exchange(joining_, {}))
            for (auto& done : waiting)
                done(errc::closed);
        members_.write([](auto& list) { list.clear(); });
        subscription_.reset();
    }

    /// Who is in it now.
    snapshot members() const {
        std::shared_lock const lock(mutex_);
        return members_.read();
    }

private:
    enum class state { idle, subscribing, active };

    struct by_connection {
        bool operator()(member_ptr<Bus> const& a, member_ptr<Bus> const& b) const noexcept {
            return connected_before<Bus>(a, b);
        }
    };

    static auto place_of(member_ptr<Bus> const& c, member_list<Bus>& list) {
        return std::lower_bound(list.begin(), list.end(), c, connected_before<Bus>);
    }

    void add(member_ptr<Bus> const& c) {
        members_.write([&](auto& list) {
            if (auto const at = place_of(c, list); at == list.end() || *at != c)
                list.insert(at, c);
        });
    }

    void subscribe() {
        state_ = state::subscribing;
        bus_->template async_subscribe<call>(
            topic_,
            [weak = this->weak_from_this()](call const& c) {
                auto const present = weak.lock();
                auto const receiver = present ? present->receiver_.lock() : nullptr;
                if (receiver)
                    receiver->on_call(c, *present->members());
            },
            [self = this->shared_from_this()](std::error_code error, subscription s) {
                self->subscribed(error, std::move(s));
            });
    }

    void subscribed(std::error_code error, subscription s) {
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

    Bus* const bus_;
    std::string const topic_;
    std::weak_ptr<call_receiver<Bus>> const receiver_;
    mutable std::shared_mutex mutex_; // guards what follows
    state state_ = state::idle;
    subscription subscription_;
    shared_list<member_ptr<Bus>> members_; // in the order they connected
    /// By who waits, what completes then.
    std::map<member_ptr<Bus>, std::vector<completion<std::error_code>>, by_connection> joining_;
};

} // namespace hubbub::detail
