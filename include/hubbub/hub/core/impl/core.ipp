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

/// What a server listens to.
class hub_core::subscriptions {
public:
    /// Subscribes a topic: take gets each frame while the server is open. active completes when it is
    /// subscribed.
    template <class Frame>
    void add(std::shared_ptr<hub_core> const& core, std::string const& topic,
             completion<std::error_code> active, void (hub_core::*take)(Frame const&)) {
        core->bus_->subscribe<Frame>(
            topic,
            [weak = std::weak_ptr(core), take](Frame const& frame) {
                if (auto const self = weak.lock(); self && self->cluster_->open())
                    (*self.*take)(frame);
            },
            {core->executor_,
             [core, active = std::move(active)](std::error_code error, subscription s) mutable {
                 core->subscriptions_->keep(std::move(s), *core->cluster_);
                 active(error);
             }});
    }

    void observe(std::shared_ptr<hub_core> const& core) {
        observation_ = core->bus_->observe([weak = std::weak_ptr(core)](event const& e) {
            if (auto const self = weak.lock())
                self->cluster_->on_link(e);
        });
    }

    void end() {
        std::lock_guard const lock(mutex_);
        all_.clear();
        observation_.reset();
    }

private:
    void keep(subscription s, cluster const& while_open) {
        std::lock_guard const lock(mutex_); // else it might close, and end all, in between
        if (while_open.open())
            all_.push_back(std::move(s));
    }

    std::mutex mutex_; // guards what follows
    std::vector<subscription> all_;
    std::shared_ptr<void> observation_; // of the link
};

HUBBUB_DECL std::shared_ptr<hub_core>
hub_core::open(std::shared_ptr<bus_core> bus, frame_format format, hub_options const& options) {
    auto const core =
        std::make_shared<hub_core>(passkey{}, frame_bus(std::move(bus), format), checked(options));
    core->listen();
    return core;
}

HUBBUB_DECL hub_core::hub_core(passkey, frame_bus const& bus, hub_options const& options)
    : topics(options.name), bus_(std::make_unique<frame_bus const>(bus)), executor_(bus.executor()),
      id_(random_id(executor_)), options_(options),
      name_(std::make_unique<name_claim>(bus.transport_id(), options.name)),
      hooks_(std::make_shared<hub_hooks>()),
      members_(std::make_shared<members>(bus, topics, id_, options, hooks_)),
      dispatcher_(std::make_shared<dispatcher>(executor_, options, hooks_)),
      cluster_(std::make_shared<cluster>(bus, topics, options, members_)),
      rpc_(std::make_shared<rpc>(bus, topics, options, members_, cluster_, hooks_)),
      presence_(std::make_shared<presence_feed>(bus, topics, options, cluster_, rpc_, hooks_)),
      subscriptions_(std::make_unique<subscriptions>()) {}

HUBBUB_DECL hub_core::~hub_core() = default;

HUBBUB_DECL void hub_core::listen() {
    auto const self = shared_from_this();
    subscriptions_->observe(self);
    joined_completion ready(executor_, {executor_, [self](std::error_code error) {
                                            self->cluster_->announce();
                                            self->members_->open(error);
                                        }});
    subscriptions_->add(self, topics.control(id_), ready.part(), &hub_core::on_message);
    subscriptions_->add(self, topics.server(id_), ready.part(), &hub_core::on_call);
    subscriptions_->add(self, topics.beacons(), ready.part(), &hub_core::on_beacon);
}

HUBBUB_DECL void hub_core::close() {
    cluster_->close();
    subscriptions_->end();
    rpc_->close();
    if (!open_.exchange(false))
        return;
    members_->close();
    presence_->tell({});
    name_.reset();
}

HUBBUB_DECL void hub_core::give_up_early() {
    rpc_->give_up_early();
}

HUBBUB_DECL void hub_core::on_event(hub_observer f) {
    hooks_->on_event(std::move(f));
}
HUBBUB_DECL void hub_core::on_allow(std::function<bool(caller const&, action const&)> f) {
    hooks_->on_allow(std::move(f));
}
HUBBUB_DECL void hub_core::on_connected(std::function<void(caller const&)> f) {
    hooks_->on_connected(std::move(f));
}
HUBBUB_DECL void hub_core::on_disconnected(std::function<void(caller const&, closing const&)> f) {
    hooks_->on_disconnected(std::move(f));
}
HUBBUB_DECL void hub_core::on_presence(presence_observer f) {
    if (open_)
        presence_->tell(std::move(f));
}

HUBBUB_DECL member_ptr hub_core::make_reader(outbox_options const& outbox) {
    return members_->outboxes().make_reader(outbox);
}
HUBBUB_DECL void hub_core::connect(member_ptr const& c, completion<std::error_code> done) {
    members_->connect(c, std::move(done));
}
HUBBUB_DECL void hub_core::give_up(member_ptr const& c) {
    members_->give_up(c);
}
HUBBUB_DECL void hub_core::disconnect(member_ptr const& c) {
    members_->disconnect(c, {});
}
HUBBUB_DECL void hub_core::drain(std::string const& text) {
    members_->drain(text);
}
HUBBUB_DECL void hub_core::drain(std::chrono::milliseconds at_most, std::string text,
                                 completion<std::error_code> done) {
    members_->drain(at_most, std::move(text), std::move(done));
}
HUBBUB_DECL std::size_t hub_core::connections() const {
    return members_->roster().size();
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
    dispatcher_->methods.on(name, std::move(m));
}
HUBBUB_DECL void hub_core::invoke(member_ptr const& who, shared_call what, call_streams streams,
                                  completion<answer> done) {
    if (open_)
        dispatcher_->invoke(who, std::move(what), std::move(streams), std::move(done));
    else
        done({.error = errc::closed});
}

HUBBUB_DECL std::shared_ptr<stream_pipe> hub_core::make_pipe(member& c) const {
    auto const pipe =
        std::make_shared<stream_pipe>(options_.max_stream_items, options_.max_stream_bytes);
    if (!c.stop_at_end(pipe, pipe->place(), options_.max_streams))
        pipe->close(errc::refused, "the connection has as many streams as it may");
    return pipe;
}

HUBBUB_DECL std::error_code hub_core::send(std::vector<address> const& to, client_call c) {
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

HUBBUB_DECL void hub_core::change_group(verb what, std::string const& connection,
                                        std::string const& group,
                                        completion<std::error_code> done) {
    if (open_)
        rpc_->change_group(what, connection, group, std::move(done));
    else
        done(errc::closed);
}

HUBBUB_DECL void hub_core::groups_of(std::string const& connection,
                                     completion<std::error_code, name_list> done) {
    if (open_)
        rpc_->groups_of(connection, std::move(done));
    else
        done(errc::closed, {});
}

HUBBUB_DECL std::uint64_t hub_core::ask_client(std::string const& connection,
                                               shared_call const& what,
                                               std::chrono::milliseconds limit,
                                               completion<answer> done) {
    return rpc_->ask_client(connection, what, limit, std::move(done));
}
HUBBUB_DECL void hub_core::cancel(std::uint64_t number) {
    rpc_->cancel(number);
}

HUBBUB_DECL void hub_core::on_server_call(std::string_view name, std::shared_ptr<method> m) {
    rpc_->methods.by_name.on(name, std::move(m));
}
HUBBUB_DECL std::vector<std::string> hub_core::servers() const {
    return rpc_->alive();
}
HUBBUB_DECL std::error_code hub_core::tell_servers(shared_call const& what) {
    return rpc_->tell_servers(what);
}
HUBBUB_DECL void hub_core::collect(server_message what, std::chrono::milliseconds limit,
                                   completion<server_answers> done) {
    std::make_shared<collection>(rpc_, executor_, std::move(what), limit, std::move(done))->start();
}

HUBBUB_DECL void hub_core::on_call(client_call const& c) {
    members_->deliver(c, {});
}

HUBBUB_DECL void hub_core::on_message(server_message const& m) {
    rpc_->on_message(m);
}

HUBBUB_DECL void hub_core::on_beacon(server_beacon const& b) {
    auto const changed = cluster_->heard(b);
    if (changed.stale)
        return;
    rpc_->on_heard(b.server, changed);
    presence_->heard(b);
    for (auto const& server : changed.joined)
        hooks_->notify(server_joined{server});
    for (auto const& server : changed.lost) {
        hooks_->notify(server_left{server});
        presence_->lost(server);
    }
    rpc_->ask_again(b.server);
    cluster_->answer_greetings();
}

HUBBUB_DECL std::error_code hub_core::send_to(std::string const& topic, client_call& c) {
    bool const own = topic == topics.server(id_);
    if (own || options_.order == delivery_order::local_first)
        members_->deliver_later(topic, c);
    if (own)
        return {};
    if (options_.order == delivery_order::local_first)
        c.told_at = id_;
    return bus_->publish(topic, c);
}

} // namespace hubbub::detail
