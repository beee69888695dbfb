// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/error.hpp>
#include <hubbub/hub/caller.hpp>
#include <hubbub/hub/calls/answer.hpp>
#include <hubbub/hub/calls/end_list.hpp>
#include <hubbub/hub/calls/method_table.hpp>
#include <hubbub/hub/cluster/frame.hpp>
#include <hubbub/hub/cluster/peers.hpp>
#include <hubbub/hub/core/hooks.hpp>
#include <hubbub/hub/invocation.hpp>
#include <hubbub/hub/members/member.hpp>
#include <hubbub/hub/members/outboxes.hpp>
#include <hubbub/hub/members/roster.hpp>
#include <hubbub/hub/options.hpp>
#include <hubbub/hub/outcome.hpp>
#include <hubbub/hub/presence/presence_methods.hpp>
#include <hubbub/hub/rpc/early_calls.hpp>
#include <hubbub/hub/rpc/question.hpp>

#include <asio/error.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace hubbub::detail {

/// What the methods of a server have for a caller: another server, or itself. They stop with the hub.
struct server_caller final : caller_state, stoppable {
    void stop(std::error_code why) override {
        connected = false;
        stop_all(why);
    }
};

/// What is asked of one server or of one of its clients: carried out here if it is this one, else
/// asked of the other by peers; and what the others ask of this one.
///
/// Thread safety: all functions, from any thread. No lock is held while a user's code runs.
template <class Bus>
class requests {
public:
    using serializer = typename Bus::serializer_type;
    using reply = answer<serializer>;
    using request = server_message<packed<serializer>>;
    using invocation_type = invocation<serializer>;

    /// All of these outlive it.
    requests(std::shared_ptr<peers<Bus>> others, std::string const& id, serializer const& format,
             asio::any_io_executor executor, hub_options const& options, roster<Bus>& here,
             outboxes<Bus> const& mail, std::shared_ptr<hub_hooks const> hooks)
        : peers_(std::move(others)), id_(&id), serializer_(&format), executor_(std::move(executor)),
          limit_(options.request_timeout), roster_(&here), mail_(&mail), hooks_(std::move(hooks)),
          early_(options.max_waiting_calls) {}

    /// What it is a part of keeps it while something is under way: self shares that. Before all else.
    void kept_by(std::weak_ptr<requests> self) { self_ = std::move(self); }

    /// Puts a connection of any server into a group, or takes it out ("add", "remove").
    void change_group(std::string_view verb, std::string_view connection, std::string_view group,
                      completion<std::error_code> done) {
        std::string const server(server_of(connection));
        if (server == *id_)
            return change_own_group(verb, connection, group, std::move(done));
        auto const number = peers_->begin(server, limit_, with_error(std::move(done)));
        peers_->ask(server, number,
                    {.verb = std::string(verb),
                     .connection = frame_name(connection),
                     .group = frame_name(group)});
    }

    /// The groups of a connection of any server, in order.
    void groups_of(std::string const& connection, completion<std::error_code, name_list> done) {
        ask_server(std::string(server_of(connection)),
                   presence_call(*serializer_, "groups of", connection), limit_,
                   {executor_,
                    [format = *serializer_, done = std::move(done)](reply const& given) mutable {
                        auto all = outcome_of<std::optional<frame_names>>(format, given);
                        if (!all)
                            done(all.error(), {});
                        else if (!*all)
                            done(errc::unknown_connection, {});
                        else
                            done({}, {(*all)->begin(), (*all)->end()});
                    }});
    }

    /// Calls a method at one client of any server, and completes with its answer. Returns the
    /// number by which to cancel.
    std::uint64_t ask_client(std::string const& connection, invocation_type what,
                             std::chrono::milliseconds limit, completion<reply> done) {
        std::string const server(server_of(connection));
        auto const number = peers_->begin(server, limit, std::move(done));
        if (server != *id_)
            peers_->ask(server, number,
                        {.verb = "call",
                         .connection = connection,
                         .method = std::string(what.method()),
                         .arguments = what.packed_arguments()});
        else
            asio::post(executor_,
                       [self = self_.lock(), connection, what = std::move(what), number] {
                           self->ask_own(connection, what, self->finishing(number));
                       });
        return number;
    }

    /// Calls a method of a server, which may be this one.
    void ask_server(std::string const& server, invocation_type const& what,
                    std::chrono::milliseconds limit, completion<reply> done) {
        auto const number = peers_->begin(server, limit, std::move(done));
        if (server != *id_)
            peers_->ask(server, number, to_invoke(what));
        else if (number != 0)
            asio::post(executor_, [self = self_.lock(), what, number] {
                self->call_server_method(what, self->finishing(number));
            });
    }

    /// Calls a method of all servers, without an answer; the first error, after all were tried.
    /// Before the servers have met this one alone is called, and the others when they have; what
    /// comes of that is told to the owner. Errors, then: queue_full.
    std::error_code tell_servers(invocation_type const& what) {
        if (!peers_->open())
            return errc::closed;
        if (peers_->met() && !early_.busy()) { // in this order: those met are alive to tell_others
            tell_own(what, false);
            return tell_others(what);
        }
        bool first = false;
        if (auto const refused = early_.add(what, first))
            return refused;
        tell_own(what, true);
        if (first)
            wait_for_meeting();
        return {};
    }

    /// Stops the methods that run for servers. After peers close.
    void close() {
        end_list ended;
        {
            std::lock_guard const lock(mutex_);
            std::swap(ended, callers_);
        }
        ended.stop(
            errc::closed); // the last to hold one may be this, and it has an object of a user's
    }

    /// Gives up what waits for the servers to meet, and tells that to the owner. After close: what is
    /// sent because of that is refused.
    void give_up_early() {
        while (auto const call = early_.take())
            notify_not_told(*call, errc::closed);
    }

    std::vector<std::string> alive() const { return peers_->alive(); }

    /// As peers say.
    void when_met(std::chrono::milliseconds limit, completion<reply> done) {
        peers_->when_met(limit, std::move(done));
    }

    /// Ends waiting for an answer.
    void cancel(std::uint64_t number) {
        peers_->finish(number, {.error = asio::error::operation_aborted});
    }

    /// Answers another server.
    void on_request(request const& m, completion<reply> done) {
        if ((m.verb == "add" || m.verb == "remove") && m.connection && m.group)
            change_own_group(m.verb, *m.connection, *m.group,
                             {executor_, [done = std::move(done)](std::error_code error) mutable {
                                  done({.error = error});
                              }});
        else if (m.verb == "call" && m.connection && m.method)
            ask_own(*m.connection, invocation_of(m), std::move(done));
        else if (m.verb == "invoke" && m.method)
            call_server_method(invocation_of(m), std::move(done));
        else
            done({.error = errc::unknown_method, .text = "another version of the hub"});
    }

    /// What the servers may call here.
    method_table<serializer> methods;

private:
    /// Of one that waits for the others give_up_early tells, if the hub ends first.
    void tell_own(invocation_type const& what, bool waits) {
        asio::post(executor_, [self = self_.lock(), what, waits] {
            if (self->peers_->open())
                self->call_server_method(what, {});
            else if (!waits)
                self->notify_not_told(what, errc::closed);
        });
    }

    std::error_code tell_others(invocation_type const& what) {
        std::error_code first;
        for (auto const& server : alive()) {
            if (server == *id_)
                continue;
            if (auto const error = peers_->tell(server, to_invoke(what)); error && !first)
                first = error;
        }
        return first;
    }

    void wait_for_meeting() {
        peers_->when_met(limit_, {executor_, [self = self_.lock()](reply const& met) {
                                      self->tell_early(met.error);
                                  }});
    }

    /// Tells what has waited until now to the servers that are known. What is sent in the meantime,
    /// because of an event perhaps, waits anew.
    void tell_early(std::error_code not_met) {
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

    void notify_not_told(invocation_type const& what, std::error_code error) const {
        reply failed{.error = error};
        hooks_->notify_if_failed({}, what.method(), failed);
    }

    void call_server_method(invocation_type const& what, completion<reply> done) {
        auto const who = std::make_shared<server_caller>();
        {
            std::lock_guard const lock(mutex_);
            callers_.add(who);
        }
        if (peers_->open())
            methods.call({caller(who), what,
                          std::make_shared<server_question<serializer>>(what.method(), hooks_,
                                                                        std::move(done)),
                          executor_, true});
        else
            done({.error = errc::closed});
    }

    void change_own_group(std::string_view verb, std::string_view connection,
                          std::string_view group, completion<std::error_code> done) {
        auto const c = roster_->find(connection);
        if (verb == "add" && c && !hooks_->allow(caller(c), {action::kind::join, group}))
            return done(errc::refused);
        if (verb == "add")
            roster_->add_to_group(connection, group, std::move(done));
        else
            done(roster_->remove_from_group(connection, group));
    }

    /// Lets one of this server's clients answer.
    void ask_own(std::string const& connection, invocation_type const& what,
                 completion<reply> done) {
        auto const c = roster_->find(connection);
        if (!c || !c->allowed)
            return done({.error = errc::unknown_connection});
        auto const asked = std::make_shared<question<serializer>>(std::move(done));
        c->stop_at_end(asked);
        if (!c->connected)
            return;
        if (!mail_->call(c, what.asked_by(asked)))
            asked->take({.error = errc::method_failed});
        mail_->keep_budget();
    }

    static request to_invoke(invocation_type const& what) {
        return {.verb = "invoke",
                .method = std::string(what.method()),
                .arguments = what.packed_arguments()};
    }

    invocation_type invocation_of(request const& m) const {
        return {*m.method, m.arguments.value_or(packed<serializer>{}), *serializer_};
    }

    completion<reply> with_error(completion<std::error_code> done) {
        return {executor_,
                [done = std::move(done)](reply const& given) mutable { done(given.error); }};
    }

    completion<reply> finishing(std::uint64_t number) {
        return {executor_, [others = peers_, number](reply given) {
                    others->finish(number, std::move(given));
                }};
    }

    std::shared_ptr<peers<Bus>> const peers_;
    std::string const* const id_;
    serializer const* const serializer_;
    asio::any_io_executor const executor_;
    std::chrono::milliseconds const limit_; // for changes of groups
    roster<Bus>* const roster_;
    outboxes<Bus> const* const mail_;
    std::shared_ptr<hub_hooks const> const hooks_;
    early_calls<invocation_type> early_;
    std::weak_ptr<requests> self_;

    std::mutex mutex_; // guards what follows
    end_list callers_; // whose calls run here
};

} // namespace hubbub::detail
