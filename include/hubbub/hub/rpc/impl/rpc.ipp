// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/rpc/rpc.hpp>

#include <hubbub/base/asio.hpp>
#include <hubbub/base/bounded.hpp>
#include <hubbub/error.hpp>

#include <asio/error.hpp>

#include <utility>

namespace hubbub::detail {

HUBBUB_DECL answer_sender::answer_sender(frame_bus const& from, hub_topics const& topics,
                                         hub_options const& options,
                                         std::shared_ptr<hub_hooks const> hooks)
    : bus_(from.another()), topics_(topics), patience_(options.request_timeout),
      hooks_(std::move(hooks)) {}

HUBBUB_DECL void answer_sender::send(std::string const& to, std::uint64_t request, answer given) {
    if (!open_)
        return;
    auto const why = given.error;
    bool const is_bare = given.value.empty() && !given.presence && given.text.empty();
    bus_.publish_patiently(
        topics_.control(to), frame_of(request, std::move(given)), patience_,
        {bus_.executor(), [self = shared_from_this(), to, request, why,
                           is_bare](std::error_code error, receiver_count receivers) {
             if (!error && receivers == 0)
                 error = hub_errc::unknown_server;
             if (!error || !self->open_)
                 return;
             if (is_bare || error == errc::timed_out || error == hub_errc::unknown_server)
                 self->hooks_->notify(answer_lost{to, error});
             else // it cannot be encoded, or is too large: then at least that is said
                 self->send(to, request, {.error = why ? why : error});
         }});
}

HUBBUB_DECL void answer_sender::close() {
    if (open_.exchange(false))
        bus_.close();
}

HUBBUB_DECL rpc::rpc(frame_bus const& bus, hub_topics const& topics, hub_options const& options,
                     std::shared_ptr<members> here, std::shared_ptr<cluster> others,
                     std::shared_ptr<hub_hooks const> hooks)
    : methods(bus.executor(), hooks), bus_(bus), executor_(bus.executor()), topics_(topics),
      limit_(options.request_timeout), here_(std::move(here)), cluster_(std::move(others)),
      hooks_(std::move(hooks)),
      answers_(std::make_shared<answer_sender>(bus, topics, options, hooks_)),
      early_(options.max_waiting_calls), timer_(executor_) {}

HUBBUB_DECL void rpc::change_group(verb what, std::string_view connection, std::string_view group,
                                   completion<std::error_code> done) {
    std::string const server(server_of(connection));
    completion<answer> answered{
        executor_, [done = std::move(done)](answer const& given) mutable { done(given.error); }};
    if (server == here_->server_id())
        return change_own_group(what, connection, group, std::move(answered));
    auto const number = begin(server, limit_, std::move(answered));
    ask(server, number,
        {.verb = what,
         .connection = frame_name(std::string(connection)),
         .group = frame_name(std::string(group))});
}

HUBBUB_DECL void rpc::groups_of(std::string const& connection,
                                completion<std::error_code, name_list> done) {
    ask_server(std::string(server_of(connection)), to_ask(presence_question::groups_of, connection),
               limit_, {executor_, [done = std::move(done)](answer const& given) mutable {
                            frame_names const none;
                            auto const& names = given.presence ? given.presence->names : none;
                            done(given.error, {names.begin(), names.end()});
                        }});
}

HUBBUB_DECL std::uint64_t rpc::ask_client(std::string const& connection, shared_call const& what,
                                          std::chrono::milliseconds limit,
                                          completion<answer> done) {
    std::string const server(server_of(connection));
    auto const number = begin(server, limit, std::move(done));
    if (server != here_->server_id())
        ask(server, number, to_call(connection, what));
    else
        asio::post(executor_, [self = shared_from_this(), m = to_call(connection, what), number] {
            self->carry_out(m, self->finishing(number));
        });
    return number;
}

HUBBUB_DECL void rpc::ask_server(std::string const& server, server_message what,
                                 std::chrono::milliseconds limit, completion<answer> done) {
    auto const number = begin(server, limit, std::move(done));
    if (server != here_->server_id())
        ask(server, number, std::move(what));
    else if (number != 0)
        asio::post(executor_, [self = shared_from_this(), what = std::move(what), number] {
            self->carry_out(what, self->finishing(number));
        });
}

HUBBUB_DECL void rpc::when_met(std::chrono::milliseconds limit, completion<answer> done) {
    // It waits for no server: no connection id names the one of an empty id (server_of).
    if (auto const number = begin({}, limit, std::move(done)); number != 0)
        cluster_->when_met({executor_, [self = shared_from_this(), number](std::error_code error) {
                                self->finish(number, {.error = error});
                            }});
}

HUBBUB_DECL void rpc::cancel(std::uint64_t number) {
    finish(number, {.error = asio::error::operation_aborted});
}

HUBBUB_DECL void rpc::on_message(server_message const& m) {
    if (m.verb == verb::done)
        return finish(m.request, answer_of(m));
    completion<answer> reply;
    if (m.reply_to)
        reply = {executor_, [by = answers_, to = *m.reply_to, request = m.request](answer given) {
                     by->send(to, request, std::move(given));
                 }};
    carry_out(m, std::move(reply));
}

HUBBUB_DECL void rpc::carry_out(server_message const& m, completion<answer> done) {
    auto const call = [&] { return shared_call(*m.method, m.arguments.value_or(packed{})); };
    if ((m.verb == verb::add || m.verb == verb::remove) && m.connection && m.group)
        change_own_group(m.verb, *m.connection, *m.group, std::move(done));
    else if (m.verb == verb::call && m.connection && m.method)
        here_->ask(*m.connection, call(), std::move(done));
    else if (m.verb == verb::invoke && m.method)
        methods.call(call(), std::move(done));
    else if (m.verb == verb::ask && m.question)
        done(here_->look_up(*m.question, m.name.value_or(frame_name())));
    else
        done({.error = hub_errc::unknown_method, .text = "another version of the hub"});
}

HUBBUB_DECL void rpc::change_own_group(verb what, std::string_view connection,
                                       std::string_view group, completion<answer> done) {
    if (what == verb::remove)
        return done({.error = here_->remove_from_group(connection, group)});
    here_->add_to_group(connection, group,
                        {executor_, [done = std::move(done)](std::error_code error) mutable {
                             done({.error = error});
                         }});
}

HUBBUB_DECL void rpc::on_heard(std::string const& server, cluster::news const& changed) {
    std::lock_guard const lock(mutex_);
    for (auto const& lost : changed.lost) {
        unheard_.erase(lost);
        for (auto& done : pending_.take_of(lost))
            done({.error = hub_errc::server_lost});
    }
    if (server == here_->server_id()) // it is what time is counted by
        for (auto& done : pending_.take_silent([this](std::string const& of, std::uint64_t since) {
                 return !of.empty() && cluster_->is_silent(of, since);
             }))
            done({.error = hub_errc::server_lost});
}

HUBBUB_DECL void rpc::ask_again(std::string const& server) {
    std::vector<question> again;
    {
        std::lock_guard const lock(mutex_);
        if (auto kept = unheard_.extract(server))
            again = std::move(kept.mapped());
        std::erase_if(again, [&](question const& q) { return !pending_.waits(q->request); });
    }
    for (auto const& q : again)
        publish(server, q);
}

HUBBUB_DECL void rpc::close() {
    answers_->close();
    {
        std::lock_guard const lock(mutex_);
        open_ = false;
        timer_.cancel();
        unheard_.clear();
        for (auto& done : pending_.take_all())
            done({.error = errc::closed});
    }
    methods.close();
}

HUBBUB_DECL std::uint64_t rpc::begin(std::string const& server, std::chrono::milliseconds limit,
                                     completion<answer> done) {
    std::lock_guard const lock(mutex_);
    if (!open_) {
        done({.error = errc::closed});
        return 0;
    }
    auto const number =
        pending_.begin(server, timer_.now() + bounded(limit), std::move(done), cluster_->beats());
    arm();
    return number;
}

HUBBUB_DECL void rpc::finish(std::uint64_t number, answer given) {
    std::lock_guard const lock(mutex_);
    if (auto done = pending_.take(number))
        (*done)(std::move(given));
}

HUBBUB_DECL completion<answer> rpc::finishing(std::uint64_t number) {
    return {executor_, [self = shared_from_this(), number](answer given) {
                self->finish(number, std::move(given));
            }};
}

HUBBUB_DECL void rpc::ask(std::string const& server, std::uint64_t number, server_message what) {
    if (number == 0) // closed
        return;
    if (server.empty() || cluster_->has_gone(server)) // empty: the id is none
        return finish(number, {.error = hub_errc::unknown_server});
    what.request = number;
    what.reply_to = here_->server_id();
    publish(server, std::make_shared<server_message const>(std::move(what)));
}

HUBBUB_DECL void rpc::publish(std::string const& server, question const& asked) {
    if (!cluster_->open())
        return;
    bus_.publish(topics_.control(server), *asked,
                 {executor_, [self = shared_from_this(), server, asked](std::error_code error,
                                                                        receiver_count receivers) {
                      if (!error && receivers == 0 && !self->keep_unheard(server, asked))
                          error = hub_errc::unknown_server;
                      if (error)
                          self->finish(asked->request, {.error = error});
                  }});
}

HUBBUB_DECL bool rpc::keep_unheard(std::string const& server, question const& asked) {
    std::lock_guard const lock(mutex_);
    if (!open_ || !cluster_->is_alive(server))
        return false;
    unheard_[server].push_back(asked);
    return true;
}

HUBBUB_DECL void rpc::arm() {
    auto const next = pending_.next_deadline();
    if (!open_ || !next || *next == armed_)
        return;
    armed_ = *next;
    timer_.wake(weak_from_this(), armed_, [](rpc& self) { self.on_time(); });
}

HUBBUB_DECL void rpc::on_time() {
    std::lock_guard const lock(mutex_);
    armed_ = {};
    for (auto& done : pending_.take_expired(timer_.now()))
        done({.error = errc::timed_out});
    arm();
}

HUBBUB_DECL std::error_code rpc::tell_servers(shared_call const& what) {
    if (!cluster_->open())
        return errc::closed;
    if (cluster_->met() && !early_.busy()) { // in this order: those met are alive to tell_others
        call_self(what, false);
        return tell_others(what);
    }
    bool first = false;
    if (auto const refused = early_.add(what, first))
        return refused;
    call_self(what, true);
    if (first)
        wait_for_meeting();
    return {};
}

HUBBUB_DECL void rpc::call_self(shared_call const& what, bool waits) {
    asio::post(executor_, [self = shared_from_this(), what, waits] {
        if (self->cluster_->open())
            self->methods.call(what, {});
        else if (!waits)
            self->notify_not_told(what, errc::closed);
    });
}

HUBBUB_DECL std::error_code rpc::tell_others(shared_call const& what) {
    std::error_code first;
    for (auto const& server : alive()) {
        if (server == here_->server_id())
            continue;
        std::error_code const error = cluster_->open()
                                          ? bus_.publish(topics_.control(server), to_invoke(what))
                                          : make_error_code(errc::closed);
        if (error && !first)
            first = error;
    }
    return first;
}

HUBBUB_DECL void rpc::wait_for_meeting() {
    when_met(limit_, {executor_, [self = shared_from_this()](answer const& met) {
                          self->tell_early(met.error);
                      }});
}

/// Tells what has waited until now to the servers that are known. What is sent in the meantime,
/// because of an event perhaps, waits anew.
HUBBUB_DECL void rpc::tell_early(std::error_code not_met) {
    for (auto left = early_.size(); left > 0; --left) {
        auto const call = early_.take();
        if (!call) // given up
            break;
        auto const error = tell_others(*call);
        notify_not_told(*call, not_met ? not_met : error);
    }
    if (early_.go_on())
        wait_for_meeting();
}

HUBBUB_DECL void rpc::give_up_early() {
    while (auto const call = early_.take())
        notify_not_told(*call, errc::closed);
}

HUBBUB_DECL void rpc::notify_not_told(shared_call const& what, std::error_code error) const {
    answer failed{.error = error};
    hooks_->notify_if_failed({}, what.method(), failed);
}

} // namespace hubbub::detail
