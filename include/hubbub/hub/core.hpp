// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/detail/asio.hpp>
#include <hubbub/detail/completion.hpp>
#include <hubbub/error.hpp>
#include <hubbub/hub/answer.hpp>
#include <hubbub/hub/dispatcher.hpp>
#include <hubbub/hub/event.hpp>
#include <hubbub/hub/frame.hpp>
#include <hubbub/hub/gate.hpp>
#include <hubbub/hub/joined_completion.hpp>
#include <hubbub/hub/member.hpp>
#include <hubbub/hub/method_table.hpp>
#include <hubbub/hub/options.hpp>
#include <hubbub/hub/remote_calls.hpp>
#include <hubbub/hub/roster.hpp>
#include <hubbub/hub/selection.hpp>
#include <hubbub/hub/server_id.hpp>
#include <hubbub/subscription.hpp>

#include <atomic>
#include <cstdint>
#include <exception>
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

/// A topic that a call is published on, and which of those it reaches are meant.
struct address {
    std::string topic;
    std::optional<recipients> to;
};

/// One server of a hub. It outlives the hub object while an operation is under way.
///
/// Thread safety: all functions, from any thread. No lock is held while a user's code runs.
template <class Bus>
class hub_core final : public call_receiver<Bus>,
                       public std::enable_shared_from_this<hub_core<Bus>> {
public:
    using serializer = typename Bus::serializer_type;
    using call = typename call_receiver<Bus>::call;

    hub_core(Bus& bus, hub_options const& o)
        : topics(o.name), bus_(&bus), executor_(bus.get_executor()), serializer_(bus.serializer()),
          id_(random_id()), options_(o), roster_(bus, topics),
          remote_(executor_, o.request_timeout),
          dispatcher_(std::make_shared<dispatcher<Bus>>(executor_, o, listener_)) {}

    /// Begins to listen. Apart from the constructor, which has no shared_ptr yet.
    void start() {
        roster_.deliver_to(this->shared_from_this());
        joined_completion ready(executor_, {executor_, [core = this->shared_from_this()](auto e) {
                                                core->ready_.open(e);
                                            }});
        listen<server_command>(topics.control(id_), control_, ready.part(),
                               [](auto& core, auto const& c) { core.on_command(c); });
        listen<call>(topics.server(id_), inbox_, ready.part(),
                     [](auto& core, auto const& c) { core.deliver(c, {}); });
    }

    void close() {
        std::lock_guard const lock(mutex_);
        open_ = false;
        roster_.close();
        control_.reset();
        inbox_.reset();
        remote_.close();
        ready_.open(errc::closed);
    }

    asio::any_io_executor const& executor() const noexcept { return executor_; }
    std::string const& id() const noexcept { return id_; }
    std::size_t connections() const { return roster_.size(); }
    hub_listener& listener() noexcept { return *listener_; }
    serializer const& format() const noexcept { return serializer_; }
    method_table<serializer>& methods() noexcept { return dispatcher_->methods; }

    /// Calls a method of the hub for a connection.
    void invoke(member_ptr<Bus> const& who, invocation<serializer> what,
                completion<answer<serializer>> done) {
        if (open_)
            dispatcher_->invoke(who, std::move(what), std::move(done));
        else
            done({.error = errc::closed});
    }
    bool open() const noexcept { return open_; }

    /// Makes a connection. done_for(connection) gives what completes when it is reachable: it owns
    /// the connection until then.
    template <class DoneFor>
    void connect(std::string user, outlet<serializer> out, DoneFor done_for) {
        auto const c = std::make_shared<member<Bus>>();
        c->number = ++last_connection_;
        c->id = id_ + "-" + std::to_string(c->number);
        c->user = std::move(user);
        c->out = std::move(out);
        joined_completion both(executor_, done_for(connection<Bus>(this->shared_from_this(), c)));
        ready_.pass(both.part());
        roster_.enter(c, both.part());
    }

    void disconnect(member_ptr<Bus> const& c) {
        c->connected = false;
        roster_.leave(c);
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

    /// Sends a call to each address; the first error, after all were tried.
    template <class Tuple>
    std::error_code send(std::vector<address> const& to, std::string_view method, Tuple arguments) {
        call c{std::string(method), {}};
        auto first = pack(serializer_, std::move(arguments), c.arguments);
        if (first)
            return first;
        for (auto const& a : to) {
            c.to = a.to;
            if (auto const error = send_to(a.topic, c); error && !first)
                first = error;
        }
        return first;
    }

    hub_topics const topics;

private:
    template <class T, class Take>
    void listen(std::string const& topic, subscription& kept, completion<std::error_code> active,
                Take take) {
        bus_->template async_subscribe<T>(
            topic,
            [weak = this->weak_from_this(), take](T const& message) {
                if (auto const core = weak.lock())
                    take(*core, message);
            },
            [core = this->shared_from_this(), &kept,
             active = std::move(active)](std::error_code error, subscription s) mutable {
                std::lock_guard const lock(core->mutex_);
                if (core->open_)
                    kept = std::move(s);
                active(error);
            });
    }

    /// What is for this server's connections alone does not take the way over the backplane.
    std::error_code send_to(std::string const& topic, call& c) {
        bool const own = topic == topics.server(id_);
        if (own || options_.order == delivery_order::local_first)
            deliver_later(topic, c);
        if (own)
            return {};
        if (options_.order == delivery_order::local_first)
            c.told_at = id_;
        return bus_->publish(topic, c);
    }

    /// Not at once: outlets run on the executor, and never within a call.
    void deliver_later(std::string const& topic, call const& c) {
        asio::post(executor_, [core = this->shared_from_this(), topic, c] {
            core->deliver(c, *core->roster_.members_of(topic));
        });
    }

    void on_call(call const& c, member_list<Bus> const& members) override {
        if (c.told_at != id_)
            deliver(c, members);
    }

    /// Calls the method at everyone that is meant; also if some throw.
    void deliver(call const& c, member_list<Bus> const& members) const {
        invocation<serializer> shared;
        selection<Bus> const meant(roster_, topics, c.to ? &*c.to : nullptr);
        meant.for_each(members, [&](member<Bus> const& one) {
            if (!shared)
                shared = {c.method, c.arguments, serializer_};
            try {
                one.out(shared);
            } catch (...) { // whatever an outlet throws is told to the hub's owner
                listener_->notify(outlet_failed{one.id, c.method, std::current_exception()});
            }
        });
    }

    void change_own_group(std::string_view verb, std::string_view connection,
                          std::string_view group, completion<std::error_code> done) {
        if (verb == "add")
            roster_.add_to_group(connection, group, std::move(done));
        else
            done(roster_.remove_from_group(connection, group));
    }

    void on_command(server_command const& c) {
        if (c.verb == "done")
            return remote_.finish(c.request, c.error ? std::error_code(*c.error, error_category())
                                                     : std::error_code{});
        if ((c.verb != "add" && c.verb != "remove") || !c.connection || !c.group || !c.reply_to)
            return; // from a newer version: it has no answer, and times out there
        change_own_group(
            c.verb, *c.connection, *c.group,
            {executor_, [core = this->shared_from_this(), to = *c.reply_to, request = c.request](
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
    asio::any_io_executor const executor_;
    serializer const serializer_;
    std::string const id_;
    hub_options const options_;
    roster<Bus> roster_;
    remote_calls remote_;
    std::shared_ptr<hub_listener> const listener_ = std::make_shared<hub_listener>();
    std::shared_ptr<dispatcher<Bus>> const dispatcher_;
    gate ready_;
    std::atomic<std::uint64_t> last_connection_ = 0;

    std::mutex mutex_; // guards what follows
    std::atomic<bool> open_ = true;
    subscription control_;
    subscription inbox_;
};

} // namespace detail
} // namespace hubbub
