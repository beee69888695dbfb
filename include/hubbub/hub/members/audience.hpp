// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/base/shared_list.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/hub/frames/frame.hpp>
#include <hubbub/hub/frames/frame_bus.hpp>
#include <hubbub/hub/members/member.hpp>
#include <hubbub/subscription.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <system_error>
#include <vector>

namespace hubbub::detail {

/// Takes the calls that reach one server.
class call_receiver {
public:
    /// A call came on the topic of an audience that has these members.
    virtual void on_call(client_call const& c, member_list const& members) = 0;
    /// The topic of an audience is subscribed, or not to be had, and all that waited have left.
    virtual void on_deserted(std::string const& topic) = 0;

protected:
    ~call_receiver() = default;
};

/// The connections of this server that one topic is for: all, a group, a user. The topic is
/// subscribed while there are any, and joining completes when the subscription is active.
///
/// Thread safety: all functions, from any thread.
class audience : public std::enable_shared_from_this<audience> {
public:
    using snapshot = shared_list<member_ptr>::snapshot;

    audience(frame_bus bus, std::string topic, std::weak_ptr<call_receiver> receiver);

    std::string const& topic() const noexcept { return topic_; }

    /// Adds c as soon as every later call reaches it, and then completes. Errors: queue_full, if so
    /// many joins of this connection wait already; 0: no limit.
    void join(member_ptr const& c, completion<std::error_code> done, std::size_t most_waiting = 0);

    /// Takes c out. Its joins that still wait end as given.
    void leave(member_ptr const& c, std::error_code waiting_end);

    /// Whether nobody is left, and this object is done with: not while it subscribes, since a
    /// subscription that waits for the backplane cannot be taken back, and another would wait
    /// beside it. Then on_deserted follows.
    bool deserted() const;

    /// Whether it is a member.
    bool has(member_ptr const& c) const;
    /// Whether it waits to be one.
    bool awaits(member_ptr const& c) const;

    /// Ends all that wait.
    void close();

    /// The members at this time.
    snapshot members() const;

private:
    enum class state { idle, subscribing, active };

    struct by_connection {
        bool operator()(member_ptr const& a, member_ptr const& b) const noexcept {
            return connected_before(a, b);
        }
    };

    void add(member_ptr const& c);
    void subscribe();
    void subscribed(std::error_code error, subscription s);

    frame_bus const bus_;
    std::string const topic_;
    std::weak_ptr<call_receiver> const receiver_;
    mutable std::shared_mutex mutex_; // guards what follows
    state state_ = state::idle;
    subscription subscription_;
    shared_list<member_ptr> members_; // in the order they connected
    /// The completions of the joins that wait, by their connections.
    std::map<member_ptr, std::vector<completion<std::error_code>>, by_connection> joining_;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/members/impl/audience.ipp>
#endif
