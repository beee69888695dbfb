// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/hub/access_request.hpp>
#include <hubbub/hub/calls/method.hpp>
#include <hubbub/hub/calls/shared_call.hpp>
#include <hubbub/hub/event.hpp>
#include <hubbub/hub/frames/address.hpp>
#include <hubbub/hub/frames/answer.hpp>
#include <hubbub/hub/frames/packed.hpp>
#include <hubbub/hub/members/member.hpp>
#include <hubbub/hub/options.hpp>
#include <hubbub/hub/outbox.hpp>
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

namespace hubbub {

struct presence_change;

namespace detail {

class bus_core;
class members;
struct client_call;
struct server_beacon;
struct server_message;

/// The answers of servers, by their ids, in order. An empty id, with an error, stands for those
/// that were not met in time.
using server_answers = std::vector<std::pair<std::string, answer>>;

/// Completes a question to all servers with what whole_of makes of their answers. If the handler's
/// slot is emitted it completes at once, as operation_aborted.
template <class Handler, class WholeOf>
completion<std::error_code, server_answers>
results_to(Handler handler, asio::any_io_executor const& fallback, WholeOf whole_of) {
    auto const hook = hook_of(asio::get_associated_cancellation_slot(handler));
    auto executor = executor_of(handler, fallback);
    completion<std::error_code, server_answers> done(
        std::move(executor),
        [wrapped = cancellable_handler(std::move(handler)), whole_of = std::move(whole_of)](
            std::error_code error, server_answers const& given) mutable {
            wrapped(error, whole_of(given));
        });
    return unless_cancelled(hook, fallback, std::move(done), {}, asio::error::operation_aborted);
}

/// One server of a hub: what the typed handles call. It outlives the hub object while an operation
/// is under way.
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

    // The functions that the owner of the hub gives.

    void set_observer(hub_observer f);
    void on_allow(std::function<bool(caller const&, access_request const&)> f);
    void on_connected(std::function<void(caller const&)> f);
    void on_disconnected(std::function<void(caller const&, close_reason const&)> f);
    void on_presence(std::function<void(presence_change const&)> f);

    // The connections of this server.

    members& here() noexcept;
    /// A connection that is read.
    member_ptr make_reader(outbox_options const& outbox);
    void connect(member_ptr const& c, completion<std::error_code> done);
    /// Ends a connection that waits to be let in.
    void give_up(member_ptr const& c);
    void disconnect(member_ptr const& c);
    void disconnect_all(std::string const& text);
    void drain(std::chrono::milliseconds at_most, std::string text,
               completion<std::error_code> done);
    std::size_t connections() const;

    /// The next call for a connection that is read. Returns what cancel_receive takes.
    static std::uint64_t receive(member& c, completion<std::error_code, shared_call> done);
    static void cancel_receive(member& c, std::uint64_t number);
    /// The call that has waited longest; an empty one, if none waits.
    static shared_call try_receive(member& c);

    // Calls.

    /// The methods that clients may call.
    void on(std::string_view name, std::shared_ptr<method> m);
    /// Calls a method of the hub for a connection.
    void invoke(member_ptr const& who, shared_call what, call_streams streams,
                completion<answer> done);
    /// A stream of a connection; closed as refused, if it has as many as it may.
    std::shared_ptr<stream_pipe> make_pipe(member& c) const;

    /// Sends a call to each address; the first error, after all were tried. What is for this
    /// server's connections alone does not take the way over the backplane.
    std::error_code send(std::vector<address> const& to, std::string_view method, packed arguments);
    /// Ends the connections at each address in the same way.
    std::error_code end(std::vector<address> const& to, std::string reason);

    // Any server, and its connections.

    void add_to_group(std::string const& connection, std::string const& group,
                      completion<std::error_code> done);
    void remove_from_group(std::string const& connection, std::string const& group,
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
    /// the rest. Completes when all have answered, or are given up. Errors: closed, beside the
    /// answers that there are.
    void collect(server_message what, std::chrono::milliseconds limit,
                 completion<std::error_code, server_answers> done);

    hub_topics const topics;

private:
    class subscriptions;

    void listen();
    /// Calls take with each frame on a topic while the server is open; active completes when the
    /// topic is subscribed.
    template <class Frame>
    void listen_to(std::string const& topic, completion<std::error_code> active,
                   void (hub_core::*take)(Frame const&));
    void on_call(client_call const& c);
    void on_message(server_message const& m);
    void on_beacon(server_beacon const& b);
    std::error_code send_all(std::vector<address> const& to, client_call c);
    std::error_code send_to(std::string const& topic, client_call& c);

    asio::any_io_executor const executor_;
    std::string const id_;
    hub_options const options_;
    struct parts;
    std::shared_ptr<parts> const parts_; // which costs a compiler less than a unique_ptr
    std::atomic<bool> open_ = true;
};

} // namespace detail
} // namespace hubbub

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/core/impl/core.ipp>
#endif
