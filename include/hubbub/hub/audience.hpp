// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/detail/shared_list.hpp>
#include <hubbub/error.hpp>
#include <hubbub/hub/frame.hpp>
#include <hubbub/hub/invocation.hpp>
#include <hubbub/subscription.hpp>
#include <hubbub/transport.hpp>

#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace hubbub::detail {

/// A connection, as its server has it.
template <class Serializer>
struct hub_connection {
    std::string id;
    std::string user;
    outlet<Serializer> out;
    std::atomic<bool> connected = true;
    /// Names of the groups it is in; guarded by the hub's lock.
    std::vector<std::string> groups = {};
};

/// The connections of this server that one topic is for: all, a group, a user. The topic is
/// subscribed while there are any, and joining completes when the subscription is active.
///
/// Thread safety: all functions, from any thread; outlets are called with no lock held.
template <class Bus>
class audience : public std::enable_shared_from_this<audience<Bus>> {
public:
    using serializer = typename Bus::serializer_type;
    using call = client_call<packed<serializer>>;
    using connection_ptr = std::shared_ptr<hub_connection<serializer>>;

    audience(Bus& bus, std::string topic) : bus_(&bus), topic_(std::move(topic)) {}

    /// Adds c as soon as every later send reaches it, and then completes.
    void join(connection_ptr c, completion<std::error_code> done) {
        std::unique_lock const lock(mutex_);
        switch (state_) {
        case state::active: add(c); return done({});
        case state::idle: subscribe(); [[fallthrough]];
        case state::subscribing: joining_.push_back({std::move(c), std::move(done)});
        }
    }

    /// True if nobody is left: then this object is done with.
    bool leave(connection_ptr const& c) {
        std::unique_lock const lock(mutex_);
        members_.write([&](auto& list) { std::erase(list, c); });
        for (auto& waiting : joining_)
            if (waiting.who == c)
                waiting.done(errc::unknown_connection);
        std::erase_if(joining_, [&](auto const& waiting) { return waiting.who == c; });
        return members_.empty() && joining_.empty();
    }

    /// Ends all that wait.
    void close() {
        std::unique_lock const lock(mutex_);
        for (auto& waiting : std::exchange(joining_, {}))
            waiting.done(errc::closed);
        members_.write([](auto& list) { list.clear(); });
        subscription_.reset();
    }

    /// Calls the method at every member that is meant. If some throw, the others are still called;
    /// then the first exception goes on to the bus, which reports it.
    void deliver(call const& c) const {
        auto const members = read();
        std::exception_ptr first;
        for (auto const& member : *members) {
            if (!is_meant(c, *member))
                continue;
            try {
                member->out(invocation<serializer>(c.method, c.arguments, bus_->serializer()));
            } catch (...) { // reported below
                if (!first)
                    first = std::current_exception();
            }
        }
        if (first)
            std::rethrow_exception(first);
    }

private:
    enum class state { idle, subscribing, active };

    struct joining {
        connection_ptr who;
        completion<std::error_code> done;
    };

    static bool is_meant(call const& c, hub_connection<serializer> const& member) {
        return member.connected && !c.excepts(member.id) && (!c.to || *c.to == member.id);
    }

    typename shared_list<connection_ptr>::snapshot read() const {
        std::shared_lock const lock(mutex_);
        return members_.read();
    }

    void add(connection_ptr const& c) {
        members_.write([&](auto& list) {
            if (std::find(list.begin(), list.end(), c) == list.end())
                list.push_back(c);
        });
    }

    void subscribe() {
        state_ = state::subscribing;
        auto const self = this->shared_from_this();
        bus_->template async_subscribe<call>(
            topic_,
            [weak = this->weak_from_this()](call const& c) {
                if (auto const present = weak.lock())
                    present->deliver(c);
            },
            [self](std::error_code error, subscription s) {
                self->subscribed(error, std::move(s));
            });
    }

    void subscribed(std::error_code error, subscription s) {
        std::unique_lock const lock(mutex_);
        auto waiting = std::exchange(joining_, {});
        state_ = error || waiting.empty() ? state::idle : state::active;
        if (state_ == state::active)
            subscription_ = std::move(s);
        for (auto& [who, done] : waiting) {
            if (!error)
                add(who);
            done(error);
        }
    }

    Bus* const bus_;
    std::string const topic_;
    mutable std::shared_mutex mutex_; // guards what follows
    state state_ = state::idle;
    subscription subscription_;
    shared_list<connection_ptr> members_;
    std::vector<joining> joining_;
};

} // namespace hubbub::detail
