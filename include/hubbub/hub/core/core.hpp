// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/base/random_id.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/error.hpp>
#include <hubbub/flow/joined_completion.hpp>
#include <hubbub/hub/calls/answer.hpp>
#include <hubbub/hub/calls/dispatcher.hpp>
#include <hubbub/hub/calls/method_table.hpp>
#include <hubbub/hub/cluster/frame.hpp>
#include <hubbub/hub/cluster/name_claim.hpp>
#include <hubbub/hub/cluster/peers.hpp>
#include <hubbub/hub/core/hooks.hpp>
#include <hubbub/hub/members/farewell.hpp>
#include <hubbub/hub/members/member.hpp>
#include <hubbub/hub/members/outboxes.hpp>
#include <hubbub/hub/members/roster.hpp>
#include <hubbub/hub/members/selection.hpp>
#include <hubbub/hub/members/waiting_room.hpp>
#include <hubbub/hub/options.hpp>
#include <hubbub/hub/presence/presence_methods.hpp>
#include <hubbub/hub/presence/watching.hpp>
#include <hubbub/hub/rpc/requests.hpp>
#include <hubbub/hub/streams/packed_stream.hpp>

#include <asio/error.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
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
    using reply = answer<serializer>;
    using request = server_message<packed<serializer>>;

    hub_core(Bus& bus, hub_options const& o)
        : topics(o.name), bus_(&bus), executor_(bus.get_executor()), serializer_(bus.serializer()),
          id_(random_id(executor_)), options_(o), roster_(bus, topics, o.max_waiting_calls),
          mail_(o.outbox_budget, roster_, *hooks_,
                [this](auto const& c) { this->disconnect(c, {errc::slow_consumer}); }),
          dispatcher_(std::make_shared<dispatcher<Bus>>(executor_, o, hooks_)),
          peers_(std::make_shared<peers<Bus>>(bus, topics, id_, o, hooks_)),
          requests_(peers_, id_, serializer_, executor_, o, roster_, mail_, hooks_),
          watching_(bus, topics, serializer_, o.request_timeout, roster_, requests_, peers_,
                    hooks_),
          name_(std::in_place, &bus.transport(), o.name) {
        answer_presence(requests_.methods, roster_, topics);
    }

    /// Begins to listen. Apart from the constructor, which has no shared_ptr yet.
    void start() {
        roster_.deliver_to(this->shared_from_this());
        requests_.kept_by(std::shared_ptr<requests<Bus>>(this->shared_from_this(), &requests_));
        watching_.start(std::shared_ptr<watching<Bus>>(this->shared_from_this(), &watching_));
        joined_completion ready(executor_, {executor_, [core = this->shared_from_this()](auto e) {
                                                core->peers_->announce();
                                                for (auto& [who, done, in] : core->waiting_.open(e))
                                                    done(core->admit(who));
                                            }});
        peers_->start(
            [weak = this->weak_from_this()](request const& m, completion<reply> done) {
                if (auto const core = weak.lock())
                    core->requests_.on_request(m, std::move(done));
            },
            [weak = this->weak_from_this()](call const& c) {
                if (auto const core = weak.lock())
                    core->deliver(c, {});
            },
            watching_.hooks(), ready);
    }

    void close() {
        peers_->close();
        requests_.close();
        if (!open_.exchange(false))
            return;
        drain_->end(errc::closed);
        for (auto const& c : roster_.close())
            disconnect(c, {errc::closed});
        watching_.close();
        waiting_.open(errc::closed);
        name_.reset();
    }

    requests<Bus>& asked() noexcept { return requests_; }
    outboxes<Bus> const& mail() const noexcept { return mail_; }
    asio::any_io_executor const& executor() const noexcept { return executor_; }
    std::string const& id() const noexcept { return id_; }
    std::size_t connections() const { return roster_.size(); }
    hub_hooks& hooks() noexcept { return *hooks_; }
    serializer const& format() const noexcept { return serializer_; }
    method_table<serializer>& methods() noexcept { return dispatcher_->methods; }

    /// Calls a method of the hub for a connection.
    void invoke(member_ptr<Bus> const& who, invocation<serializer> what,
                call_streams<serializer> streams, completion<answer<serializer>> done) {
        if (open_)
            dispatcher_->invoke(who, std::move(what), std::move(streams), std::move(done));
        else
            done({.error = errc::closed});
    }
    bool open() const noexcept { return open_; }
    hub_options const& options() const noexcept { return options_; }

    /// Makes a connection of c. done_for(connection) gives what completes when it is reachable: it
    /// owns the connection until then.
    template <class DoneFor>
    void connect(member_ptr<Bus> const& c, DoneFor done_for) {
        c->number = ++last_connection_;
        c->id = id_ + "-" + std::to_string(c->number);
        c->id.shrink_to_fit(); // it is kept as long as the connection
        bool const bounded =
            options_.max_connecting > 0 && bus_->state() != link_state::whole && !draining_;
        if (!waiting_.enter(c, done_for(connection<Bus>(this->shared_from_this(), c)),
                            bounded ? options_.max_connecting : std::size_t(-1)))
            return;
        if (!draining_)
            roster_.enter(c, {executor_, [core = this->shared_from_this(), c](auto error) {
                                  core->entered(c, error);
                              }});
        if (draining_) // also if it began meanwhile
            disconnect(c, {errc::shutting_down});
        if (!c->connected && roster_.leave(c)) // it was ended before there was anything to leave
            end_told();
    }

    /// Ends a connection that waits to be let in: whoever made it does not want it any more.
    void give_up(member_ptr<Bus> const& c) {
        if (auto done = waiting_.take(*c)) {
            disconnect(c, {});
            done(asio::error::operation_aborted);
        }
    }

    /// Ends a connection, once.
    void disconnect(member_ptr<Bus> const& c, closing why) {
        if (!c->connected.exchange(false))
            return;
        bool const unsaid = !why.code || why.code == errc::disconnected;
        if (auto done = waiting_.take(*c))
            done(unsaid ? errc::connection_ended : why.code);
        if (c->mail) // first: what it holds is not to be paid for by those left in the roster
            c->mail->close(why.code ? why.code : errc::closed);
        bool const was_here = roster_.leave(c);
        c->stop_all();
        dispatcher_->end(c);
        c->end = std::make_unique<closing const>(std::move(why));
        asio::post(executor_, [core = this->shared_from_this(), c, was_here] {
            if (c->hooks && c->end->code)
                core->hooks_->tell(c->hooks->on_closed, "on_closed", c->id, *c->end);
            if (c->owner_told.fetch_or(c->ended) == c->greeted)
                core->tell_end(c);
            if (was_here)
                core->end_told();
        });
    }

    /// Ends the connections at each address, wherever they are.
    std::error_code disconnect(std::vector<address> const& to, std::string reason) {
        return send_to_all(to, call{.method = {}, .arguments = {}, .closes = std::move(reason)});
    }

    /// Ends all connections of this server, which may go to another.
    void drain(std::string const& text) {
        draining_ = true;
        end_all(roster_.members(), {errc::shutting_down, text});
    }

    /// Asks all connections of this server to leave, and ends those that have not at the deadline.
    void drain(std::chrono::milliseconds at_most, std::string text,
               completion<std::error_code> done) {
        if (!open_)
            return done(errc::closed);
        draining_ = true;
        for (auto const& c : waiting_.guests())
            disconnect(c, {errc::shutting_down, text});
        auto const asked = roster_.members();
        if (!drain_->begin(at_most, std::move(done), [weak = this->weak_from_this(), text] {
                if (auto const core = weak.lock())
                    core->drain(text);
            }))
            return;
        for (auto const& c : asked)
            asio::post(executor_, [hooks = hooks_, c, text] {
                if (c->hooks && c->connected)
                    hooks->tell(c->hooks->on_drain, "on_drain", c->id, text);
            });
        drain_->left(roster_.remaining()); // they may have left before it began
    }

    /// Puts a connection of any server into a group, or takes it out ("add", "remove").
    void change_group(std::string_view verb, std::string_view connection, std::string_view group,
                      completion<std::error_code> done) {
        if (open_)
            requests_.change_group(verb, connection, group, std::move(done));
        else
            done(errc::closed);
    }

    /// The groups of a connection of any server.
    void groups_of(std::string const& connection, completion<std::error_code, name_list> done) {
        if (open_)
            requests_.groups_of(connection, std::move(done));
        else
            done(errc::closed, {});
    }

    /// Tells who comes and goes at all servers; null to end that.
    void watch_presence(presence_observer told) {
        if (open_)
            watching_.tell(std::move(told));
    }

    /// Sends a call to each address; the first error, after all were tried.
    template <class Tuple>
    std::error_code send(std::vector<address> const& to, std::string_view method, Tuple arguments) {
        call c{std::string(method), {}};
        if (auto const error = pack(serializer_, std::move(arguments), c.arguments))
            return error;
        return send_to_all(to, std::move(c));
    }

    hub_topics const topics;

private:
    std::error_code send_to_all(std::vector<address> const& to, call c) {
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

    /// It is reachable now, or why it will not be.
    void entered(member_ptr<Bus> const& c, std::error_code error) {
        if (error)
            waiting_.take (*c)(error);
        else if (auto done = waiting_.take_reachable(*c))
            done(admit(c));
    }

    /// Lets the owner of the hub refuse a connection that is reachable now.
    std::error_code admit(member_ptr<Bus> const& c) {
        if (!c->connected)
            return errc::connection_ended;
        closing why{errc::refused};
        try {
            if (draining_)
                why.code = errc::shutting_down;
            else if (hooks_->allow(caller(c), {action::kind::connect, {}})) {
                c->allowed = true;
                if (auto const told = hooks_->connected.get())
                    (*told)(caller(c));
                roster_.admit(c);
                if (c->owner_told.fetch_or(c->greeted) == c->ended)
                    tell_end(c);
                return c->connected ? std::error_code{} : errc::connection_ended;
            }
        } catch (std::exception const& e) { // on_connected refuses by throwing
            why.text = e.what();
        } catch (...) { // the same, without a text
        }
        disconnect(c, why);
        return why.code;
    }

    void tell_end(member_ptr<Bus> const& c) {
        if (auto const told = hooks_->disconnected.get(); told && open_)
            hooks_->tell(*told, "on_disconnected", c->id, caller(c), *c->end);
    }

    /// Of one that was in the roster. A drain is over after the last one, not before.
    void end_told() {
        roster_.end_told();
        drain_->left(roster_.remaining());
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

    /// Not at once: what does not come from the transport is delivered on the executor, not in send.
    void deliver_later(std::string const& topic, call const& c) {
        asio::post(executor_, [core = this->shared_from_this(), topic, c] {
            core->deliver(c, *core->roster_.members_of(topic));
        });
    }

    void on_call(call const& c, member_list<Bus> const& members) override {
        if (c.told_at != id_)
            deliver(c, members);
    }

    void on_deserted(std::string const& topic) override { roster_.tidy(topic); }

    /// Calls the method at everyone that is meant; also if some throw.
    void deliver(call const& c, member_list<Bus> const& members) {
        invocation<serializer> shared;
        selection<Bus> const meant(roster_, topics, c.to ? &*c.to : nullptr);
        if (c.closes) {
            member_list<Bus> all;
            meant.for_each(members, [&](member_ptr<Bus> const& one) { all.push_back(one); });
            return end_all(std::move(all), {errc::disconnected, *c.closes});
        }
        meant.for_each(members, [&](member_ptr<Bus> const& one) {
            if (!shared)
                shared = {c.method, c.arguments, serializer_};
            mail_.call(one, shared);
        });
        mail_.keep_budget();
    }

    /// The last first, which is the least work for the lists that they are in.
    void end_all(member_list<Bus> all, closing const& why) {
        std::sort(all.begin(), all.end(), connected_before<Bus>);
        for (auto one = all.rbegin(); one != all.rend(); ++one)
            disconnect(*one, why);
    }

    Bus* const bus_;
    asio::any_io_executor const executor_;
    serializer const serializer_;
    std::string const id_;
    hub_options const options_;
    roster<Bus> roster_;
    std::shared_ptr<hub_hooks> const hooks_ = std::make_shared<hub_hooks>();
    outboxes<Bus> const mail_;
    std::shared_ptr<dispatcher<Bus>> const dispatcher_;
    std::shared_ptr<peers<Bus>> const peers_;
    requests<Bus> requests_;
    watching<Bus> watching_;
    waiting_room<Bus> waiting_;
    std::shared_ptr<farewell> const drain_ = std::make_shared<farewell>(executor_);
    std::atomic<std::uint64_t> last_connection_ = 0;

    std::atomic<bool> open_ = true;
    std::atomic<bool> draining_ = false;
    std::optional<name_claim> name_; // until it is closed
};

} // namespace detail
} // namespace hubbub
