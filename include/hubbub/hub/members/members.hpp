// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/hub/calls/hooks.hpp>
#include <hubbub/hub/calls/shared_call.hpp>
#include <hubbub/hub/connect_options.hpp>
#include <hubbub/hub/frames/answer.hpp>
#include <hubbub/hub/frames/frame.hpp>
#include <hubbub/hub/frames/frame_bus.hpp>
#include <hubbub/hub/members/audience.hpp>
#include <hubbub/hub/members/drain_waiter.hpp>
#include <hubbub/hub/members/member.hpp>
#include <hubbub/hub/members/outboxes.hpp>
#include <hubbub/hub/members/roster.hpp>
#include <hubbub/hub/members/waiting_room.hpp>
#include <hubbub/hub/options.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace hubbub::detail {

/// The connections of one server, from when they come until their ends are reported, and the calls
/// that reach them.
///
/// Thread safety: all functions, from any thread. No lock is held while a user's code runs.
class members final : public call_receiver,
                      public connection_ender,
                      public std::enable_shared_from_this<members> {
public:
    members(frame_bus const& bus, hub_topics const& topics, std::string server_id,
            hub_options const& options, std::shared_ptr<hub_hooks const> hooks);

    /// The server is ready, or why it never will be: lets those in who wait, or refuses them.
    void open(std::error_code outcome);

    /// Lets a connection in, and completes when it is reachable. Errors: as hub::async_connect.
    void connect(member_ptr const& c, completion<std::error_code> done);

    /// Ends a connection that waits to be let in: its maker does not want it any more.
    void give_up(member_ptr const& c);

    /// Ends a connection, once.
    void disconnect(member_ptr const& c, close_reason why) override;

    /// Ends all connections, which may go to another server.
    void disconnect_all(std::string const& text);

    /// Asks all connections to leave, and ends those that have not at the deadline.
    void drain(std::chrono::milliseconds at_most, std::string text,
               completion<std::error_code> done);

    /// Ends all connections as closed, and what waits. The bus is not touched later.
    void close();

    /// Puts a connection of this server into a group, if the policy allows it.
    void add_to_group(std::string_view connection, std::string_view group,
                      completion<std::error_code> done);
    std::error_code remove_from_group(std::string_view connection, std::string_view group);

    /// Delivers a call to the members of a topic, on the executor.
    void deliver_later(std::string const& topic, client_call const& c);

    /// Calls the method at every one of these that is meant; also if some throw.
    void deliver(client_call const& c, member_list const& audience);

    /// Lets one connection answer a call. Errors of the answer: unknown_connection;
    /// connection_ended; method_failed.
    void ask(std::string const& connection, shared_call const& what, completion<answer> done);

    /// Answers a server's question about the connections here. Lists are in order. Errors of the
    /// answer: unknown_connection, if its groups were asked for; unknown_method, for another
    /// question.
    answer look_up(presence_question question, std::string const& name) const;

    /// The server's own id.
    std::string const& server_id() const noexcept { return id_; }

    detail::roster& roster() noexcept { return roster_; }
    detail::outboxes& outboxes() noexcept { return outboxes_; }

private:
    /// It is reachable now, or why it will not be.
    void entered(member_ptr const& c, std::error_code error);
    /// Lets the owner of the hub refuse a connection that is reachable now.
    std::error_code admit(member_ptr const& c);
    void report_end(member_ptr const& c);
    /// The end of one that was in the roster is reported. A drain is over after the last one, not
    /// before.
    void end_reported();
    void end_all(member_list all, close_reason const& why);

    void on_call(client_call const& c, member_list const& audience) override;
    void on_deserted(std::string const& topic) override;

    frame_bus const bus_;
    asio::any_io_executor const executor_;
    hub_topics const topics_;
    std::string const id_;
    std::size_t const max_connecting_;
    std::shared_ptr<hub_hooks const> const hooks_;
    detail::roster roster_;
    detail::outboxes outboxes_;
    waiting_room waiting_;
    std::shared_ptr<drain_waiter> const drain_;
    std::atomic<std::uint64_t> last_connection_ = 0;
    std::atomic<bool> open_ = true;
    std::atomic<bool> draining_ = false;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/members/impl/members.ipp>
#endif
