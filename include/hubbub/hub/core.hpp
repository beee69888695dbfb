// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/detail/asio.hpp>
#include <hubbub/detail/completion.hpp>
#include <hubbub/detail/random_id.hpp>
#include <hubbub/detail/topic_table.hpp>
#include <hubbub/error.hpp>
#include <hubbub/hub/audience.hpp>
#include <hubbub/hub/frame.hpp>
#include <hubbub/hub/method_table.hpp>
#include <hubbub/hub/options.hpp>
#include <hubbub/hub/remote_calls.hpp>
#include <hubbub/subscription.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace hubbub {

template <class Bus>
class connection;

namespace detail {

/// One topic that a call is published on, and the connection it is for, if it is for one.
struct address {
    std::string topic;
    std::optional<std::string> connection;
};

/// Completes done when as many parts have completed, with the first error.
inline std::vector<completion<std::error_code>>
split_completion(asio::any_io_executor const& executor, std::size_t parts,
                 completion<std::error_code> done) {
    struct join {
        std::mutex mutex;
        std::size_t left;
        std::error_code error;
        completion<std::error_code> done;
    };
    auto const shared = std::make_shared<join>();
    shared->left = parts;
    shared->done = std::move(done);
    std::vector<completion<std::error_code>> all;
    for (std::size_t i = 0; i < parts; ++i)
        all.emplace_back(executor, [shared](std::error_code error) {
            std::lock_guard const lock(shared->mutex);
            if (!shared->error)
                shared->error = error;
            if (--shared->left == 0)
                shared->done(shared->error);
        });
    return all;
}

/// One server of a hub: its connections and the audiences they make up. It outlives the hub object
/// while an operation is under way.
///
/// Thread safety: all functions, from any thread. No lock is held while a user's code runs.
template <class Bus>
class hub_core : public std::enable_shared_from_this<hub_core<Bus>> {
public:
    using serializer = typename Bus::serializer_type;
    using audience_type = audience<Bus>;
    using call = typename audience_type::call;
    using connection_ptr = typename audience_type::connection_ptr;

    hub_core(Bus& bus, hub_options const& o)
        : topics(o.name), bus_(&bus), id_(random_id()), options_(o),
          remote_(bus.get_executor(), o.request_timeout) {}

    /// Begins to take commands. Apart from the constructor, which has no shared_ptr yet.
    void start() {
        control_ = bus_->template subscribe<server_command>(
            topics.control(id_), [weak = this->weak_from_this()](server_command const& c) {
                if (auto const core = weak.lock())
                    core->on_command(c);
            });
    }

    void close() {
        std::lock_guard const lock(mutex_);
        open_ = false;
        for (auto const& [topic, a] : audiences_)
            a->close();
        audiences_.clear();
        connections_.clear();
        control_.reset();
        remote_.close();
    }

    Bus& bus() const noexcept { return *bus_; }
    std::string const& id() const noexcept { return id_; }

    /// Makes a connection. done_for(connection) gives what completes when it is reachable: it owns
    /// the connection until then.
    template <class DoneFor>
    void connect(std::string user, outlet<serializer> out, DoneFor done_for) {
        auto const c = std::make_shared<hub_connection<serializer>>();
        c->user = std::move(user);
        c->out = std::move(out);
        c->id = id_ + "-" + std::to_string(++last_connection_);
        auto done = done_for(connection<Bus>(this->shared_from_this(), c));
        std::lock_guard const lock(mutex_);
        if (!open_)
            return done(errc::closed);
        connections_.emplace(c->id, c);
        auto const own = own_topics(*c);
        auto parts = split_completion(bus_->get_executor(), own.size(), std::move(done));
        for (std::size_t i = 0; i < own.size(); ++i)
            audience_at(own[i]).join(c, std::move(parts[i]));
    }

    void disconnect(connection_ptr const& c) {
        c->connected = false;
        std::lock_guard const lock(mutex_);
        if (connections_.erase(c->id) == 0)
            return;
        for (auto const& topic : own_topics(*c))
            leave(topic, c);
        for (auto const& group : std::exchange(c->groups, {}))
            leave(topics.group(group), c);
    }

    std::size_t connections() const {
        std::lock_guard const lock(mutex_);
        return connections_.size();
    }

    /// Puts a connection of any server into a group, or takes it out ("add", "remove").
    void change_group(std::string_view verb, std::string_view connection, std::string_view group,
                      completion<std::error_code> done) {
        if (!open_)
            return done(errc::closed);
        if (server_of(connection) == id_)
            return change_own_group(verb, connection, group, std::move(done));
        auto const request = remote_.begin(std::move(done));
        server_command command{std::string(verb),  request, id_, std::string(connection),
                               std::string(group), {}};
        bus_->async_publish(topics.control(server_of(connection)), std::move(command),
                            [core = this->shared_from_this(), request](std::error_code error,
                                                                       std::size_t receivers) {
                                if (!error && receivers == 0)
                                    error = errc::unknown_server;
                                if (error)
                                    core->remote_.finish(request, error);
                            });
    }

    /// Publishes a call to each address; the first error, after all were tried.
    template <class Tuple>
    std::error_code send(std::vector<address> const& to, std::vector<std::string> const& except,
                         std::string_view method, Tuple arguments) {
        call c{std::string(method), {}, {}, {}};
        if (!except.empty())
            c.except = except;
        auto first = pack(bus_->serializer(), std::move(arguments), c.arguments);
        if (first)
            return first;
        for (auto const& [topic, connection] : to) {
            c.to = connection;
            if (auto const error = bus_->publish(topic, c); error && !first)
                first = error;
        }
        return first;
    }

    /// Calls a method of the hub.
    template <class Tuple>
    std::error_code invoke(hub_connection<serializer> const& who, std::string_view method,
                           Tuple arguments) {
        if (!open_)
            return errc::closed;
        packed<serializer> packed;
        if (auto const error = pack(bus_->serializer(), std::move(arguments), packed))
            return error;
        return methods.call(caller(who.id, who.user), {method, packed, bus_->serializer()});
    }

    hub_topics const topics;
    method_table<serializer> methods;

private:
    std::vector<std::string> own_topics(hub_connection<serializer> const& c) const {
        std::vector<std::string> own{topics.all(), topics.server(id_)};
        if (!c.user.empty())
            own.push_back(topics.user(c.user));
        return own;
    }

    audience_type& audience_at(std::string const& topic) {
        auto& a = audiences_[topic];
        if (!a)
            a = std::make_shared<audience_type>(*bus_, topic);
        return *a;
    }

    void leave(std::string const& topic, connection_ptr const& c) {
        auto const at = audiences_.find(topic);
        if (at != audiences_.end() && at->second->leave(c))
            audiences_.erase(at);
    }

    void change_own_group(std::string_view verb, std::string_view connection,
                          std::string_view group, completion<std::error_code> done) {
        std::lock_guard const lock(mutex_);
        auto const at = connections_.find(connection);
        if (at == connections_.end())
            return done(errc::unknown_connection);
        auto const& c = at->second;
        auto const topic = topics.group(group);
        if (verb == "add") {
            if (std::find(c->groups.begin(), c->groups.end(), group) == c->groups.end())
                c->groups.emplace_back(group);
            return audience_at(topic).join(c, std::move(done));
        }
        std::erase(c->groups, group);
        leave(topic, c);
        done({});
    }

    void on_command(server_command const& c) {
        if (c.verb == "done")
            return remote_.finish(c.request, c.error ? std::error_code(*c.error, error_category())
                                                     : std::error_code{});
        if ((c.verb != "add" && c.verb != "remove") || !c.connection || !c.group || !c.reply_to)
            return; // from a newer version: it has no answer, and times out there
        change_own_group(c.verb, *c.connection, *c.group,
                         {bus_->get_executor(),
                          [core = this->shared_from_this(), to = *c.reply_to, request = c.request](
                              std::error_code error) { core->answer(to, request, error); }});
    }

    void answer(std::string const& to, std::uint64_t request, std::error_code error) {
        server_command done{"done", request, {}, {}, {}, {}};
        if (error)
            done.error = error.category() == error_category()
                             ? error.value()
                             : static_cast<int>(errc::server_error);
        std::lock_guard const lock(mutex_); // close waits, and the bus lives until then
        if (open_)
            bus_->publish(topics.control(to), std::move(done));
    }

    Bus* const bus_;
    std::string const id_;
    hub_options const options_;
    remote_calls remote_;
    subscription control_;

    std::atomic<bool> open_ = true;
    std::atomic<std::uint64_t> last_connection_ = 0;
    mutable std::mutex mutex_; // guards what follows
    string_map<connection_ptr> connections_;
    string_map<std::shared_ptr<audience_type>> audiences_;
};

} // namespace detail
} // namespace hubbub
