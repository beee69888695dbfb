// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/hub/action.hpp>
#include <hubbub/hub/calls/method_table.hpp>
#include <hubbub/hub/calls/shared_call.hpp>
#include <hubbub/hub/event.hpp>
#include <hubbub/hub/frames/answer.hpp>
#include <hubbub/hub/frames/frame.hpp>
#include <hubbub/hub/members/member.hpp>
#include <hubbub/hub/options.hpp>
#include <hubbub/hub/outbox.hpp>
#include <hubbub/hub/presence_change.hpp>
#include <hubbub/hub/streams/call_streams.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace hubbub::detail {

class bus_core;
class cluster;
class dispatcher;
class hub_hooks;
class members;
class name_claim;
class outboxes;
class presence_feed;
class rpc;

/// The answers of servers, by their ids, in order. An empty id, with an error, stands for those that
/// were not met in time.
using server_answers = std::vector<std::pair<std::string, answer>>;

/// One server of a hub: what the typed handles call. It outlives the hub object while an operation is
/// under way.
///
/// Thread safety: all functions, from any thread. No lock is held while a user's code runs.
class hub_core : public std::enable_shared_from_this<hub_core> {
    struct passkey {};

public:
    /// Begins to listen. Errors: throws std::invalid_argument if an option cannot work, naming it.
    static std::shared_ptr<hub_core> open(std::shared_ptr<bus_core> bus, frame_format format,
                                          hub_options const& options);

    /// For open.
    hub_core(passkey, class frame_bus const& bus, hub_options const& options);
    hub_core(hub_core const&) = delete;
    hub_core& operator=(hub_core const&) = delete;
    ~hub_core();

    void close();
    /// Gives up what waits for the servers to meet, and tells that to the owner. After close.
    void give_up_early();

    bool is_open() const noexcept { return open_; }
    asio::any_io_executor const& executor() const noexcept { return executor_; }
    std::string const& id() const noexcept { return id_; }
    hub_options const& options() const noexcept { return options_; }

    // What the owner of the hub is told and asked.

    void on_event(hub_observer f);
    void on_allow(std::function<bool(caller const&, action const&)> f);
    void on_connected(std::function<void(caller const&)> f);
    void on_disconnected(std::function<void(caller const&, closing const&)> f);
    void on_presence(presence_observer f);

    // The connections of this server.

    members& here() noexcept { return *members_; }
    /// A connection that is read.
    member_ptr make_reader(outbox_options const& outbox);
    void connect(member_ptr const& c, completion<std::error_code> done);
    /// Ends a connection that waits to be let in.
    void give_up(member_ptr const& c);
    void disconnect(member_ptr const& c);
    void drain(std::string const& text);
    void drain(std::chrono::milliseconds at_most, std::string text,
               completion<std::error_code> done);
    std::size_t connections() const;

    /// The next call for a connection that is read. Returns what cancel_receive takes.
    static std::uint64_t receive(member& c, completion<std::error_code, shared_call> done);
    static void cancel_receive(member& c, std::uint64_t number);
    /// Of nothing, if none waits.
    static shared_call try_receive(member& c);

    // Calls.

    /// The methods that clients may call.
    void on(std::string_view name, std::shared_ptr<method> m);
    /// Calls a method of the hub for a connection.
    void invoke(member_ptr const& who, shared_call what, call_streams streams,
                completion<answer> done);
    /// A stream of a connection; closed as refused, if it has as many as it may.
    std::shared_ptr<stream_pipe> make_pipe(member& c) const;

    /// Sends a call to each address; the first error, after all were tried. What is for this server's
    /// connections alone does not take the way over the backplane.
    std::error_code send(std::vector<address> const& to, client_call c);

    // Any server, and its connections.

    /// Puts a connection into a group, or takes it out: verb::add or verb::remove.
    void change_group(verb what, std::string const& connection, std::string const& group,
                      completion<std::error_code> done);
    void groups_of(std::string const& connection, completion<std::error_code, name_list> done);
    /// Calls a method of one client. Returns the number by which to cancel.
    std::uint64_t ask_client(std::string const& connection, shared_call const& what,
                             std::chrono::milliseconds limit, completion<answer> done);
    void cancel(std::uint64_t number);

    /// The methods that servers may call.
    void on_server_call(std::string_view name, std::shared_ptr<method> m);
    std::vector<std::string> servers() const;
    std::error_code tell_servers(shared_call const& what);
    /// Asks every server that is alive: those that are known, and as soon as the servers have met,
    /// the rest. Completes when all have answered, or are given up.
    void collect(server_message what, std::chrono::milliseconds limit,
                 completion<server_answers> done);

    hub_topics const topics;

private:
    class subscriptions;

    void listen();
    void on_call(client_call const& c);
    void on_message(server_message const& m);
    void on_beacon(server_beacon const& b);
    std::error_code send_to(std::string const& topic, client_call& c);

    std::unique_ptr<class frame_bus const> const bus_;
    asio::any_io_executor const executor_;
    std::string const id_;
    hub_options const options_;
    std::unique_ptr<name_claim> name_; // until it is closed
    std::shared_ptr<hub_hooks> const hooks_;
    std::shared_ptr<members> const members_;
    std::shared_ptr<dispatcher> const dispatcher_;
    std::shared_ptr<cluster> const cluster_;
    std::shared_ptr<rpc> const rpc_;
    std::shared_ptr<presence_feed> const presence_;
    std::unique_ptr<subscriptions> const subscriptions_;
    std::atomic<bool> open_ = true;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/core/impl/core.ipp>
#endif
