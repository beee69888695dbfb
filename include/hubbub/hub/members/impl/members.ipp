// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/members/members.hpp>

#include <hubbub/base/asio.hpp>
#include <hubbub/error.hpp>
#include <hubbub/hub/calls/dispatcher.hpp>
#include <hubbub/hub/members/client_question.hpp>
#include <hubbub/hub/members/selection.hpp>

#include <asio/error.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace hubbub::detail {

HUBBUB_DECL members::members(frame_bus const& bus, hub_topics const& topics, std::string server_id,
                             hub_options const& options, std::shared_ptr<hub_hooks const> hooks)
    : bus_(bus), executor_(bus.executor()), topics_(topics), id_(std::move(server_id)),
      max_connecting_(options.max_connecting), hooks_(std::move(hooks)),
      roster_(bus, topics, options.max_waiting_calls),
      outboxes_(options.outbox_budget, roster_, *hooks_, *this),
      drain_(std::make_shared<drain_waiter>(executor_)) {}

HUBBUB_DECL void members::open(std::error_code outcome) {
    for (auto& [who, done, reachable] : waiting_.open(outcome))
        done(admit(who));
}

HUBBUB_DECL void members::connect(member_ptr const& c, completion<std::error_code> done) {
    c->number = ++last_connection_;
    c->id = id_ + "-" + std::to_string(c->number);
    c->id.shrink_to_fit(); // it is kept as long as the connection
    bool const bounded = max_connecting_ > 0 && bus_.state() != link_state::whole && !draining_;
    if (!waiting_.enter(c, std::move(done), bounded ? max_connecting_ : std::size_t(-1)))
        return;
    if (!draining_)
        roster_.enter(weak_from_this(), c,
                      {executor_, [self = shared_from_this(), c](std::error_code error) {
                           self->entered(c, error);
                       }});
    if (draining_) // also if it began meanwhile
        disconnect(c, {hub_errc::shutting_down});
    if (!c->connected && roster_.leave(c)) // it was ended before there was anything to leave
        end_reported();
}

HUBBUB_DECL void members::give_up(member_ptr const& c) {
    if (auto done = waiting_.take(*c)) {
        disconnect(c, {});
        done(asio::error::operation_aborted);
    }
}

HUBBUB_DECL void members::disconnect(member_ptr const& c, close_reason why) {
    if (!c->connected.exchange(false))
        return;
    bool const unsaid = !why.code || why.code == errc::disconnected;
    if (auto done = waiting_.take(*c))
        done(unsaid ? hub_errc::connection_ended : why.code);
    if (auto* const mail = c->mail()) // first: those left in the roster are not to pay for it
        mail->close(why.code ? why.code : errc::closed);
    bool const was_here = roster_.leave(c);
    c->stop_all();
    end_calls(*c, executor_);
    c->end = std::make_unique<close_reason const>(std::move(why));
    asio::post(executor_, [self = shared_from_this(), c, was_here] {
        if (c->hooks && c->hooks->on_closed && c->end->code)
            self->hooks_->tell("on_closed", c->id, [&] { c->hooks->on_closed(*c->end); });
        if (c->reported.fetch_or(member::end_reported) == member::connect_reported)
            self->report_end(c);
        if (was_here)
            self->end_reported();
    });
}

HUBBUB_DECL void members::disconnect_all(std::string const& text) {
    draining_ = true;
    end_all(roster_.members(), {hub_errc::shutting_down, text});
}

HUBBUB_DECL void members::drain(std::chrono::milliseconds at_most, std::string text,
                                completion<std::error_code> done) {
    if (!open_)
        return done(errc::closed);
    draining_ = true;
    for (auto const& c : waiting_.guests())
        disconnect(c, {hub_errc::shutting_down, text});
    auto const asked = roster_.members();
    if (!drain_->begin(at_most, std::move(done), [weak = weak_from_this(), text] {
            if (auto const self = weak.lock())
                self->disconnect_all(text);
        }))
        return;
    for (auto const& c : asked)
        if (c->hooks && c->hooks->on_drain)
            asio::post(executor_, [hooks = hooks_, c, text] {
                if (c->connected)
                    hooks->tell("on_drain", c->id, [&] { c->hooks->on_drain(text); });
            });
    drain_->left(roster_.remaining()); // they may have left before it began
}

HUBBUB_DECL void members::close() {
    open_ = false;
    drain_->end(errc::closed);
    for (auto const& c : roster_.close())
        disconnect(c, {errc::closed});
    waiting_.open(errc::closed);
}

HUBBUB_DECL void members::add_to_group(std::string_view connection, std::string_view group,
                                       completion<std::error_code> done) {
    auto const c = roster_.find(connection);
    if (c && !hooks_->allow(caller(c), {access_request::kind::join, group}))
        return done(hub_errc::refused);
    roster_.add_to_group(weak_from_this(), connection, group, std::move(done));
}

HUBBUB_DECL std::error_code members::remove_from_group(std::string_view connection,
                                                       std::string_view group) {
    return roster_.remove_from_group(connection, group);
}

HUBBUB_DECL void members::deliver_later(std::string const& topic, client_call const& c) {
    asio::post(executor_, [self = shared_from_this(), topic, c] {
        self->deliver(c, *self->roster_.members_of(topic));
    });
}

HUBBUB_DECL void members::deliver(client_call const& c, member_list const& audience) {
    selection const meant(roster_, topics_, c.to ? &*c.to : nullptr);
    if (c.closes) {
        member_list all;
        meant.for_each(audience, [&](member_ptr const& one) { all.push_back(one); });
        return end_all(std::move(all), {errc::disconnected, *c.closes});
    }
    shared_call shared;
    meant.for_each(audience, [&](member_ptr const& one) {
        if (!shared)
            shared = {c.method, c.arguments};
        outboxes_.call(one, shared);
    });
    outboxes_.keep_budget();
}

HUBBUB_DECL void members::ask(std::string const& connection, shared_call const& what,
                              completion<answer> done) {
    auto const c = roster_.find(connection);
    if (!c || !c->allowed)
        return done({.error = hub_errc::unknown_connection});
    auto const asked = std::make_shared<client_question>(std::move(done));
    c->stop_at_end(asked);
    if (!c->connected)
        return;
    if (!outboxes_.call(c, what.asked_by(asked)))
        asked->take({.error = hub_errc::method_failed});
    outboxes_.keep_budget();
}

inline frame_names admitted_ids(member_list const& members) {
    frame_names ids;
    for (auto const& c : members)
        if (c->admitted)
            ids.emplace_back(c->id);
    std::sort(ids.begin(), ids.end());
    return ids;
}

HUBBUB_DECL answer members::look_up(presence_question question, std::string const& name) const {
    presence_answer found;
    switch (question) {
    case presence_question::count: found.count = roster_.present(); break;
    case presence_question::connections: found.names = admitted_ids(roster_.members()); break;
    case presence_question::users: found.names = roster_.names_of(topics_.user({})); break;
    case presence_question::groups: found.names = roster_.names_of(topics_.group({})); break;
    case presence_question::members:
        found.names = admitted_ids(*roster_.members_of(topics_.group(name)));
        break;
    case presence_question::connections_of:
        found.names = admitted_ids(*roster_.members_of(topics_.user(name)));
        break;
    case presence_question::groups_of: {
        auto groups = roster_.groups_of(name);
        if (!groups)
            return {.error = hub_errc::unknown_connection};
        found.names = std::move(*groups);
        break;
    }
    case presence_question::snapshot: found.snapshot = roster_.snapshot(); break;
    case presence_question::unknown:
        return {.error = hub_errc::unknown_method, .text = "another version of the hub"};
    }
    return {.presence = std::make_shared<presence_answer const>(std::move(found))};
}

HUBBUB_DECL void members::entered(member_ptr const& c, std::error_code error) {
    if (error)
        waiting_.take (*c)(error);
    else if (auto done = waiting_.take_reachable(*c))
        done(admit(c));
}

HUBBUB_DECL std::error_code members::admit(member_ptr const& c) {
    if (!c->connected)
        return hub_errc::connection_ended;
    close_reason why{hub_errc::refused};
    try {
        if (draining_)
            why.code = hub_errc::shutting_down;
        else if (hooks_->allow(caller(c), {access_request::kind::connect, {}})) {
            c->allowed = true;
            hooks_->connected(caller(c));
            roster_.admit(c);
            if (c->reported.fetch_or(member::connect_reported) == member::end_reported)
                report_end(c);
            return c->connected ? std::error_code{} : hub_errc::connection_ended;
        }
    } catch (std::exception const& e) { // on_connected refuses by throwing
        why.text = e.what();
    } catch (...) { // the same, without a text
    }
    disconnect(c, why);
    return why.code;
}

HUBBUB_DECL void members::report_end(member_ptr const& c) {
    if (open_)
        hooks_->disconnected(caller(c), *c->end);
}

HUBBUB_DECL void members::end_reported() {
    roster_.end_reported();
    drain_->left(roster_.remaining());
}

/// The last first, which is the least work for the lists that they are in.
HUBBUB_DECL void members::end_all(member_list all, close_reason const& why) {
    std::sort(all.begin(), all.end(), connected_before);
    for (auto one = all.rbegin(); one != all.rend(); ++one)
        disconnect(*one, why);
}

HUBBUB_DECL void members::on_call(client_call const& c, member_list const& audience) {
    if (c.told_at != id_)
        deliver(c, audience);
}

HUBBUB_DECL void members::on_deserted(std::string const& topic) {
    roster_.tidy(topic);
}

} // namespace hubbub::detail
