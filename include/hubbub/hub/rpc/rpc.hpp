// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/base/timer.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/hub/calls/hooks.hpp>
#include <hubbub/hub/calls/questions.hpp>
#include <hubbub/hub/calls/shared_call.hpp>
#include <hubbub/hub/cluster/cluster.hpp>
#include <hubbub/hub/frames/answer.hpp>
#include <hubbub/hub/frames/frame.hpp>
#include <hubbub/hub/frames/frame_bus.hpp>
#include <hubbub/hub/members/members.hpp>
#include <hubbub/hub/options.hpp>
#include <hubbub/hub/rpc/calls_before_meeting.hpp>
#include <hubbub/hub/rpc/pending_calls.hpp>
#include <hubbub/hub/rpc/server_methods.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace hubbub::detail {

/// Sends answers to the servers that asked. Where the queue is full they wait for room, on a bus of
/// their own, so that they keep back neither beacons nor the owner's calls.
///
/// Thread safety: all functions, from any thread.
class answer_sender : public std::enable_shared_from_this<answer_sender> {
public:
    answer_sender(frame_bus const& from, hub_topics const& topics, hub_options const& options,
                  std::shared_ptr<hub_hooks const> hooks);
    answer_sender(answer_sender const&) = delete;
    answer_sender& operator=(answer_sender const&) = delete;
    ~answer_sender() { close(); }

    /// An answer that is lost is told to the owner.
    void send(std::string const& to, std::uint64_t request, answer given);

    /// Gives up the answers that wait, and tells nobody.
    void close();

private:
    frame_bus const bus_;
    hub_topics const topics_;
    std::chrono::milliseconds const patience_;
    std::shared_ptr<hub_hooks const> const hooks_;
    std::atomic<bool> open_ = true;
};

/// Asks a server, or one of its clients: carries the question out if the server is this one, else
/// sends it to the other under a number. Answers the questions of the others.
///
/// Thread safety: all functions, from any thread. No lock is held while a user's code runs.
class rpc : public std::enable_shared_from_this<rpc> {
public:
    rpc(frame_bus const& bus, hub_topics const& topics, hub_options const& options,
        std::shared_ptr<members> here, std::shared_ptr<cluster> others,
        std::shared_ptr<hub_hooks const> hooks);

    /// Puts a connection of any server into a group, or takes it out: verb::add or verb::remove.
    void change_group(verb what, std::string_view connection, std::string_view group,
                      completion<std::error_code> done);

    /// The groups of a connection of any server, in order.
    void groups_of(std::string const& connection, completion<std::error_code, name_list> done);

    /// Calls a method at one client of any server, and completes with its answer. Returns the
    /// number by which to cancel.
    std::uint64_t ask_client(std::string const& connection, shared_call const& what,
                             std::chrono::milliseconds limit, completion<answer> done);

    /// Asks a server, which may be this one: verb::invoke or verb::ask.
    void ask_server(std::string const& server, server_message what, std::chrono::milliseconds limit,
                    completion<answer> done);

    /// Calls a method of all servers, without an answer; the first error, after all were tried.
    /// Before the servers have met this one alone is called, and the others when they have; what
    /// comes of that is told to the owner. Errors, then: queue_full.
    std::error_code tell_servers(shared_call const& what);

    /// Completes when this server has met the others. Errors of the answer: timed_out, closed.
    void when_met(std::chrono::milliseconds limit, completion<answer> done);

    std::vector<std::string> alive() const { return cluster_->alive(); }

    /// Ends waiting for an answer.
    void cancel(std::uint64_t number);

    /// Another server asks, or answers.
    void on_message(server_message const& m);

    /// That server was heard, and this has changed: ends what waits for those that are lost, and
    /// asks again what that one did not hear.
    void on_heard(std::string const& server, cluster::news const& changed);
    void ask_again(std::string const& server);

    /// Ends what waits, as closed, and stops the methods that run for servers. The bus is not
    /// touched later.
    void close();

    /// Gives up what waits for the servers to meet, and tells that to the owner. After close: what
    /// is sent because of that is refused.
    void give_up_early();

    /// The methods that servers may call here.
    server_methods methods;

private:
    using question = std::shared_ptr<server_message const>;

    std::uint64_t begin(std::string const& server, std::chrono::milliseconds limit,
                        completion<answer> done);
    /// The answer, or why there is none; too late it does nothing.
    void finish(std::uint64_t number, answer given);
    completion<answer> finishing(std::uint64_t number);
    /// Asks another server, under a number from begin. If that reaches nobody and the server is
    /// alive, its link is just coming back: it is asked again with each beacon of it.
    void ask(std::string const& server, std::uint64_t number, server_message what);
    void publish(std::string const& server, question const& asked);
    /// It reached nobody. False if there is no such server.
    bool keep_unheard(std::string const& server, question const& asked);

    /// Carries out what another server asks, or this one.
    void carry_out(server_message const& m, completion<answer> done);
    void change_own_group(verb what, std::string_view connection, std::string_view group,
                          completion<answer> done);
    /// If it waits for the others, give_up_early reports the failure instead.
    void call_self(shared_call const& what, bool waits);
    std::error_code tell_others(shared_call const& what);
    void wait_for_meeting();
    void tell_early(std::error_code not_met);
    void notify_not_told(shared_call const& what, std::error_code error) const;
    /// Waits for the next deadline. The lock is held.
    void arm();
    void on_time();

    frame_bus const bus_;
    asio::any_io_executor const executor_;
    hub_topics const topics_;
    std::chrono::milliseconds const limit_; // for changes of groups
    std::shared_ptr<members> const here_;
    std::shared_ptr<cluster> const cluster_;
    std::shared_ptr<hub_hooks const> const hooks_;
    std::shared_ptr<answer_sender> const answers_;
    calls_before_meeting early_;

    std::mutex mutex_; // guards what follows
    bool open_ = true;
    timer timer_;
    timer::time_point armed_ = {};
    pending_calls pending_;
    std::map<std::string, std::vector<question>, std::less<>> unheard_; // by whom they are for
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/rpc/impl/rpc.ipp>
#endif
