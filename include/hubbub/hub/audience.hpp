// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/detail/completion.hpp>
#include <hubbub/detail/shared_list.hpp>
#include <hubbub/error.hpp>
#include <hubbub/hub/frame.hpp>
#include <hubbub/hub/member.hpp>
#include <hubbub/subscription.hpp>

#include <algorithm>
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

    /// Adds c as soon as every later call reaches it, and then completes.
    void join(member_ptr<Bus> c, completion<std::error_code> done) {
        std::unique_lock const lock(mutex_);
        switch (state_) {
        case state::active: add(c); return done({});
        case state::idle: subscribe(); [[fallthrough]];
        case state::subscribing: joining_.push_back({std::move(c), std::move(done)});
        }
    }

    /// Its joins that still wait end as given. True if nobody is left: then this object is done with.
    bool leave(member_ptr<Bus> const& c, std::error_code waiting_end) {
        std::unique_lock const lock(mutex_);
        members_.write([&](auto& list) {
            if (auto const at = place_of(c, list); at != list.end() && *at == c)
                list.erase(at);
        });
        for (auto& waiting : joining_)
            if (waiting.who == c)
                waiting.done(waiting_end);
        std::erase_if(joining_, [&](auto const& waiting) { return waiting.who == c; });
        return members_.empty() && joining_.empty();
    }

    /// Whether it is a member, or about to be.
    bool has(member_ptr<Bus> const& c) const {
        std::shared_lock const lock(mutex_);
        auto const list = members_.read();
        return std::binary_search((*list).begin(), (*list).end(), c, connected_before<Bus>) ||
               std::any_of(joining_.begin(), joining_.end(),
                           [&](auto const& waiting) { return waiting.who == c; });
    }

    /// Ends all that wait.
    void close() {
        std::unique_lock const lock(mutex_);
        for (auto& waiting : std::exchange(joining_, {}))
            waiting.done(errc::closed);
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

    struct joining {
        member_ptr<Bus> who;
        completion<std::error_code> done;
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
    std::weak_ptr<call_receiver<Bus>> const receiver_;
    mutable std::shared_mutex mutex_; // guards what follows
    state state_ = state::idle;
    subscription subscription_;
    shared_list<member_ptr<Bus>> members_; // in the order they connected
    std::vector<joining> joining_;
};

} // namespace hubbub::detail
