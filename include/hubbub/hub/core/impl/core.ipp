// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/core/core.hpp>

#include <hubbub/base/random_id.hpp>
#include <hubbub/error.hpp>
#include <hubbub/flow/joined_completion.hpp>
#include <hubbub/hub/calls/dispatcher.hpp>
#include <hubbub/hub/calls/hooks.hpp>
#include <hubbub/hub/cluster/cluster.hpp>
#include <hubbub/hub/cluster/name_claim.hpp>
#include <hubbub/hub/core/collection.hpp>
#include <hubbub/hub/frames/frame_bus.hpp>
#include <hubbub/hub/members/mailbox.hpp>
#include <hubbub/hub/members/members.hpp>
#include <hubbub/hub/presence/presence_feed.hpp>
#include <hubbub/hub/rpc/rpc.hpp>
#include <hubbub/hub/streams/stream_pipe.hpp>
#include <hubbub/subscription.hpp>

#include <mutex>
#include <utility>

namespace hubbub::detail {

/// The subscriptions of a server to its topics.
class hub_core::subscriptions {
public:
    void keep(subscription s, cluster const& while_open) {
        std::lock_guard const lock(mutex_); // else it might close, and end all, in between
        if (while_open.open())
            all_.push_back(std::move(s));
    }

    void keep(std::shared_ptr<void> observation) { observation_ = std::move(observation); }

    void end() {
        std::lock_guard const lock(mutex_);
        all_.clear();
        observation_.reset();
    }

private:
    std::mutex mutex_; // guards what follows
    std::vector<subscription> all_;
    std::shared_ptr<void> observation_; // of the link
};

/// The machines of a server; each uses only those above it.
struct hub_core::parts {
    parts(frame_bus const& b, hub_topics const& topics, std::string const& id,
          hub_options const& options)
        : bus(b), name(std::make_unique<name_claim>(bus.transport_id(), options.name)),
          hooks(std::make_shared<hub_hooks>()),
          members(std::make_shared<detail::members>(bus, topics, id, options, hooks)),
          dispatcher(std::make_shared<detail::dispatcher>(bus.executor(), options, hooks)),
          cluster(std::make_shared<detail::cluster>(bus, topics, options, members)),
          rpc(std::make_shared<detail::rpc>(bus, topics, options, members, cluster, hooks)),
          presence(std::make_shared<presence_feed>(bus, topics, options, cluster, rpc, hooks)) {}

    frame_bus const bus;
    std::unique_ptr<name_claim> name; // until it is closed
    std::shared_ptr<hub_hooks> const hooks;
    std::shared_ptr<detail::members> const members;
    std::shared_ptr<detail::dispatcher> const dispatcher;
    std::shared_ptr<detail::cluster> const cluster;
    std::shared_ptr<detail::rpc> const rpc;
    std::shared_ptr<presence_feed> const presence;
    hub_core::subscriptions subscriptions;
};

HUBBUB_DECL std::shared_ptr<hub_core>
hub_core::open(std::shared_ptr<bus_core> bus, frame_format format, hub_options const& options) {
    auto const core =
        std::make_shared<hub_core>(passkey{}, frame_bus(std::move(bus), format), checked(options));
    core->listen();
    return core;
}

HUBBUB_DECL hub_core::hub_core(passkey, frame_bus const& bus, hub_options const& options)
    : topics(options.name), executor_(bus.executor()), id_(random_id(executor_)), options_(options),
      parts_(std::make_shared<parts>(bus, topics, id_, options)) {}

HUBBUB_DECL hub_core::~hub_core() = default;

HUBBUB_DECL void hub_core::listen() {
    auto const self = shared_from_this();
    parts_->subscriptions.keep(parts_->bus.observe([weak = std::weak_ptr(self)](event const& e) {
        if (auto const present = weak.lock())
            present->parts_->cluster->on_link(e);
    }));
    joined_completion ready(executor_, {executor_, [self](std::error_code error) {
                                            self->parts_->cluster->announce();
                                            self->parts_->members->open(error);
                                        }});
    listen_to(topics.control(id_), ready.part(), &hub_core::on_message);
    listen_to(topics.server(id_), ready.part(), &hub_core::on_call);
    listen_to(topics.beacons(), ready.part(), &hub_core::on_beacon);
}

template <class Frame>
void hub_core::listen_to(std::string const& topic, completion<std::error_code> active,
                         void (hub_core::*take)(Frame const&)) {
    auto const self = shared_from_this();
    parts_->bus.template subscribe<Frame>(
        topic,
        [weak = std::weak_ptr(self), take](Frame const& frame) {
            if (auto const present = weak.lock(); present && present->parts_->cluster->open())
                (*present.*take)(frame);
        },
        {executor_,
         [self, active = std::move(active)](std::error_code error, subscription s) mutable {
             self->parts_->subscriptions.keep(std::move(s), *self->parts_->cluster);
             active(error);
         }});
}

HUBBUB_DECL void hub_core::close() {
    parts_->cluster->close();
    parts_->subscriptions.end();
    parts_->rpc->close();
    if (!open_.exchange(false))
        return;
    parts_->members->close();
    parts_->presence->tell({});
    parts_->name.reset();
}

HUBBUB_DECL void hub_core::give_up_early() {
    parts_->rpc->give_up_early();
}

HUBBUB_DECL void hub_core::set_observer(hub_observer f) {
    parts_->hooks->set_observer(std::move(f));
}
HUBBUB_DECL void hub_core::on_allow(std::function<bool(caller const&, access_request const&)> f) {
    parts_->hooks->on_allow(std::move(f));
}
HUBBUB_DECL void hub_core::on_connected(std::function<void(caller const&)> f) {
    parts_->hooks->on_connected(std::move(f));
}
HUBBUB_DECL void
hub_core::on_disconnected(std::function<void(caller const&, close_reason const&)> f) {
    parts_->hooks->on_disconnected(std::move(f));
}
HUBBUB_DECL void hub_core::on_presence(presence_observer f) {
    if (open_)
        parts_->presence->tell(std::move(f));
}

HUBBUB_DECL members& hub_core::here() noexcept {
    return *parts_->members;
}
HUBBUB_DECL member_ptr hub_core::make_reader(outbox_options const& outbox) {
    return parts_->members->outboxes().make_reader(outbox);
}
HUBBUB_DECL void hub_core::connect(member_ptr const& c, completion<std::error_code> done) {
    parts_->members->connect(c, std::move(done));
}
HUBBUB_DECL void hub_core::give_up(member_ptr const& c) {
    parts_->members->give_up(c);
}
HUBBUB_DECL void hub_core::disconnect(member_ptr const& c) {
    parts_->members->disconnect(c, {});
}
HUBBUB_DECL void hub_core::disconnect_all(std::string const& text) {
    parts_->members->disconnect_all(text);
}
HUBBUB_DECL void hub_core::drain(std::chrono::milliseconds at_most, std::string text,
                                 completion<std::error_code> done) {
    parts_->members->drain(at_most, std::move(text), std::move(done));
}
HUBBUB_DECL std::size_t hub_core::connections() const {
    return parts_->members->roster().size();
}

HUBBUB_DECL std::uint64_t hub_core::receive(member& c,
                                            completion<std::error_code, shared_call> done) {
    return c.mail()->receive(std::move(done));
}
HUBBUB_DECL void hub_core::cancel_receive(member& c, std::uint64_t number) {
    c.mail()->cancel(number);
}
HUBBUB_DECL shared_call hub_core::try_receive(member& c) {
    return c.mail()->try_receive().value_or(shared_call());
}

HUBBUB_DECL void hub_core::on(std::string_view name, std::shared_ptr<method> m) {
    parts_->dispatcher->methods.on(name, std::move(m));
}
HUBBUB_DECL void hub_core::invoke(member_ptr const& who, shared_call what, call_streams streams,
                                  completion<answer> done) {
    if (open_)
        parts_->dispatcher->invoke(who, std::move(what), std::move(streams), std::move(done));
    else
        done({.error = errc::closed});
}

HUBBUB_DECL std::shared_ptr<stream_pipe> hub_core::make_pipe(member& c) const {
    auto const pipe =
        std::make_shared<stream_pipe>(options_.max_stream_items, options_.max_stream_bytes);
    if (!c.open_stream(pipe, pipe->place(), options_.max_streams))
        pipe->close(hub_errc::refused, "the connection has as many streams as it may");
    return pipe;
}

HUBBUB_DECL std::error_code hub_core::send(std::vector<address> const& to, std::string_view method,
                                           packed arguments) {
    return send_all(to, {.method = std::string(method), .arguments = std::move(arguments)});
}

HUBBUB_DECL std::error_code hub_core::end(std::vector<address> const& to, std::string reason) {
    return send_all(to, {.method = {}, .arguments = {}, .closes = std::move(reason)});
}

HUBBUB_DECL std::error_code hub_core::send_all(std::vector<address> const& to, client_call c) {
    if (!open_)
        return errc::closed;
    std::error_code first;
    for (auto const& a : to) {
        c.to = a.to;
        if (auto const error = send_to(a.topic, c); error && !first)
            first = error;
    }
    return first;
}

HUBBUB_DECL void hub_core::add_to_group(std::string const& connection, std::string const& group,
                                        completion<std::error_code> done) {
    if (open_)
        parts_->rpc->change_group(verb::add, connection, group, std::move(done));
    else
        done(errc::closed);
}

HUBBUB_DECL void hub_core::remove_from_group(std::string const& connection,
                                             std::string const& group,
                                             completion<std::error_code> done) {
    if (open_)
        parts_->rpc->change_group(verb::remove, connection, group, std::move(done));
    else
        done(errc::closed);
}

HUBBUB_DECL void hub_core::groups_of(std::string const& connection,
                                     completion<std::error_code, name_list> done) {
    if (open_)
        parts_->rpc->groups_of(connection, std::move(done));
    else
        done(errc::closed, {});
}

HUBBUB_DECL std::uint64_t hub_core::ask_client(std::string const& connection,
                                               shared_call const& what,
                                               std::chrono::milliseconds limit,
                                               completion<answer> done) {
    return parts_->rpc->ask_client(connection, what, limit, std::move(done));
}
HUBBUB_DECL void hub_core::cancel(std::uint64_t number) {
    parts_->rpc->cancel(number);
}

HUBBUB_DECL void hub_core::on_server_call(std::string_view name, std::shared_ptr<method> m) {
    parts_->rpc->methods.by_name.on(name, std::move(m));
}
HUBBUB_DECL std::vector<std::string> hub_core::servers() const {
    return parts_->rpc->alive();
}
HUBBUB_DECL std::error_code hub_core::tell_servers(shared_call const& what) {
    return parts_->rpc->tell_servers(what);
}
HUBBUB_DECL void hub_core::collect(server_message what, std::chrono::milliseconds limit,
                                   completion<std::error_code, server_answers> done) {
    std::make_shared<collection>(parts_->rpc, executor_, std::move(what), limit, std::move(done))
        ->start();
}

HUBBUB_DECL void hub_core::on_call(client_call const& c) {
    parts_->members->deliver(c, {});
}

HUBBUB_DECL void hub_core::on_message(server_message const& m) {
    parts_->rpc->on_message(m);
}

HUBBUB_DECL void hub_core::on_beacon(server_beacon const& b) {
    auto const changed = parts_->cluster->heard(b);
    if (changed.stale)
        return;
    parts_->rpc->on_heard(b.server, changed);
    parts_->presence->heard(b);
    for (auto const& server : changed.joined)
        parts_->hooks->notify(server_joined{server});
    for (auto const& server : changed.lost) {
        parts_->hooks->notify(server_left{server});
        parts_->presence->lost(server);
    }
    parts_->rpc->ask_again(b.server);
    parts_->cluster->answer_greetings();
}

HUBBUB_DECL std::error_code hub_core::send_to(std::string const& topic, client_call& c) {
    bool const own = topic == topics.server(id_);
    if (own || options_.order == delivery_order::local_first)
        parts_->members->deliver_later(topic, c);
    if (own)
        return {};
    if (options_.order == delivery_order::local_first)
        c.told_at = id_;
    return parts_->bus.publish(topic, c);
}

} // namespace hubbub::detail
