// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/bus.hpp>
#include <hubbub/hub/access_request.hpp>
#include <hubbub/hub/caller.hpp>
#include <hubbub/hub/client_methods.hpp>
#include <hubbub/hub/connect_options.hpp>
#include <hubbub/hub/connection.hpp>
#include <hubbub/hub/core/core.hpp>
#include <hubbub/hub/event.hpp>
#include <hubbub/hub/invocation.hpp>
#include <hubbub/hub/options.hpp>
#include <hubbub/hub/outbox.hpp>
#include <hubbub/hub/outcome.hpp>
#include <hubbub/hub/targets.hpp>
#include <hubbub/hub/typed/typed_method.hpp>

#include <asio/associated_cancellation_slot.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace hubbub {

template <class Bus>
class servers;
template <class Bus>
class presence;

/// Connections, groups and users over all the servers that share a bus's backplane.
///
/// Each process makes a hub of the same name on a bus of its own: together they have one audience.
/// The code is the same on every transport and with every serializer that can encode the arguments
/// of calls, as a std::tuple, and their results.
///
/// Delivery:      as the bus: at most once. A client that async_connect completed for gets every
///                later call to all, to it and to its user; one that async_add_to_group completed
///                for, every later call to the group; whichever server they come from.
/// Ordering:      calls of one server to one target arrive in the order made; on a transport with
///                traits.agreed_order, all servers see the calls to a group in one order.
/// Thread safety: all functions, from any thread. Client handlers run on the bus's executor, with no lock
///                held; they may call everything, and may destroy the hub. But over a transport that
///                delivers on the publishing thread (immediate_local_transport) the handlers of what
///                came over it run there, within send; those of one client, then, at the same time
///                if several threads send.
/// Lifetime:      the hub borrows the bus, which outlives it. Its connections end with it. While a hub
///                lives, its beacons keep the executor busy. It must not be destroyed, with its bus,
///                while another thread still runs its handlers: close it, and let them end.
///
/// @code
/// hubbub::hub hub{bus, {.name = "chat"}};
/// hub.on("send", [&](hubbub::caller const& who, std::string text) {
///     hub.clients().group("lobby").send("messageReceived", who.user(), text);
/// });
/// @endcode
template <class Bus>
class hub {
    static constexpr bool has_bus = message_bus<Bus>; // of a concept the compiler would tell more
    static_assert(has_bus,
                  "hubbub: hub<Bus> needs a bus, which is not const: hubbub::hub hub{bus}");
    using serializer = typename detail::serializer_of<Bus>::type;

public:
    using bus_type = Bus;
    using connection_type = connection<Bus>;
    /// The call that a client receives.
    using invocation_type = invocation<serializer>;
    using client_handler_type = client_handler<serializer>;

    /// Errors: throws std::invalid_argument if an option cannot work, naming it.
    explicit hub(Bus& bus, hub_options const& options = {})
        : core_(detail::hub_core::open(detail::core_of(bus), detail::format_of<serializer>(),
                                       options)),
          serializer_(bus.serializer()) {}
    /// The same with all options as they are but hub_options::name.
    template <detail::is_name Name>
    hub(Bus& bus, Name const& name) : hub(bus, hub_options{.name = std::string(name)}) {}
    /// Does not compile: the bus is to outlive the hub.
    explicit hub(Bus const&& /*temporary*/, hub_options const& = {}) : serializer_() {
        static_assert(std::is_void_v<Bus>, "hubbub: a hub borrows its bus, and a temporary one is "
                                           "gone at once; give it a name");
    }
    hub(hub const&) = delete;
    hub& operator=(hub const&) = delete;
    ~hub() {
        core_->close();
        set_observer({}); // what ends later, as calls that run, is not told any more
        core_->give_up_early();
    }

    asio::any_io_executor get_executor() const { return core_->executor(); }

    /// This server's id, different for every hub object anywhere.
    std::string const& server_id() const noexcept { return core_->id(); }

    /// Registers a method that clients may call, in place of one of the same name. It is called as
    /// its parameters say, the first of which may be a `caller const&`: write their types out. It
    /// answers with its result, or with a `hub_error` that it throws. With
    /// <hubbub/hub/coroutines.hpp> it may return an `asio::awaitable`: when the connection ends it
    /// is cancelled (terminal), unless it resets its cancellation state. Conversions of the user's
    /// own may throw whatever they do: an argument's is wrong_arguments, the answer's
    /// cannot_encode.
    ///
    /// After its other parameters it may have a `stream_reader<T>` for each stream that it takes,
    /// and a `stream_writer<T>` by which to answer with a stream; then it returns nothing.
    template <class Method>
    void on(std::string_view name, Method method) {
        core_->on(name, detail::make_method(std::move(method), serializer_));
    }

    /// Adds a client that is called, and completes with `void(std::error_code, connection<Bus>)`
    /// when every later call to all, to it or to its user reaches it, from whatever server. who is
    /// its options, or the name of its user. out is called for each call: client_methods, or a
    /// function of `invocation const&`.
    ///
    /// While the link is down, the first client of this server, or of a user here, waits for its
    /// topics, with up to hub_options::max_connecting others. A client whose topics are subscribed
    /// already is let in at once, and reached by this server's calls. Nothing reaches a client
    /// before on_authorize has allowed it.
    ///
    /// Errors:       closed; refused (on_authorize, on_connected); shutting_down; queue_full, if too
    ///               many wait; connection_ended, if it was ended meanwhile; the backplane's, if it
    ///               refuses a topic.
    /// Cancellation: while it waits, terminal, partial and total: then nothing is left of it, and it
    ///               completes as asio::error::operation_aborted. Later it has no effect.
    template <class Token = detail::no_token>
    auto async_connect(connect_options who, client_handler_type out, Token&& token = {}) {
        return enter<connection_type>(
            std::make_shared<detail::called_member<serializer>>(std::move(out), serializer_),
            std::move(who), std::forward<Token>(token));
    }
    template <detail::is_name User, class Out, class Token = detail::no_token>
    auto async_connect(User const& user, Out&& out, Token&& token = {}) {
        return async_connect(connect_options{.user = std::string(user)}, std::forward<Out>(out),
                             std::forward<Token>(token));
    }

    /// Does not compile.
    template <class Out, class Token = detail::no_token>
        requires(!std::is_copy_constructible_v<std::remove_cvref_t<Out>> ||
                 !std::convertible_to<Out, client_handler_type>)
    auto async_connect(connect_options const& /*who*/, Out&& /*out*/, Token&& /*token*/ = {}) {
        constexpr bool is_outbox = std::convertible_to<Out, outbox_options>;
        static_assert(!is_outbox, "hubbub: a client that is read, out of an outbox, connects by "
                                  "async_connect_receiver");
        static_assert(is_outbox || detail::never<Out>,
                      "hubbub: a client of async_connect is client_methods, or a function of "
                      "hub::invocation_type const& that can be copied");
    }

    /// Adds a client that is read, by receiving_connection::async_receive, as fast as it can; calls
    /// for it wait in a bounded outbox. Completes with `void(std::error_code,
    /// receiving_connection<Bus>)`; all else as async_connect.
    template <class Token = detail::no_token>
    auto async_connect_receiver(connect_options who, outbox_options const& outbox,
                                Token&& token = {}) {
        return enter<receiving_connection<Bus>>(core_->make_reader(outbox), std::move(who),
                                                std::forward<Token>(token));
    }
    template <detail::is_name User, class Token = detail::no_token>
    auto async_connect_receiver(User const& user, outbox_options const& outbox,
                                Token&& token = {}) {
        return async_connect_receiver(connect_options{.user = std::string(user)}, outbox,
                                      std::forward<Token>(token));
    }

    /// Does not compile.
    template <class Who, class Token>
        requires(!std::convertible_to<Token, outbox_options>)
    auto async_connect_receiver(Who const& /*who*/, Token&& /*token*/) {
        static_assert(detail::never<Token>,
                      "hubbub: async_connect_receiver takes the bounds of the "
                      "outbox before its token: {} for those that it has");
    }

    /// Puts a connection, on whatever server, into a group; completes with `void(std::error_code)`
    /// when every later call to the group reaches it. Being in it already is no error; nor is being
    /// taken out of it meanwhile, which completes this at once.
    ///
    /// Errors:       unknown_connection, also if it ends meanwhile; unknown_server, at once, if its
    ///               server is known to be gone; server_lost, if it dies meanwhile or has without a
    ///               word, or timed_out (hub_options), and then it may yet happen; queue_full
    ///               (hub_options::max_waiting_calls); closed.
    /// Ordering:     changes of a connection of another server may overtake each other while the link
    ///               of that server comes back: there a later one waits for the end of the one before.
    /// Cancellation: terminal, partial and total, with asio::error::operation_aborted; it may yet
    ///               happen.
    template <class Token = detail::no_token>
    auto async_add_to_group(connection_name who, std::string_view group, Token&& token = {}) {
        return change_group(&detail::hub_core::add_to_group, who.id(), group,
                            std::forward<Token>(token));
    }

    /// Takes a connection, on whatever server, out of a group; completes with
    /// `void(std::error_code)` when it is. Not being in it is no error. Errors and cancellation: as
    /// above.
    template <class Token = detail::no_token>
    auto async_remove_from_group(connection_name who, std::string_view group, Token&& token = {}) {
        return change_group(&detail::hub_core::remove_from_group, who.id(), group,
                            std::forward<Token>(token));
    }

    /// Completes with `void(std::error_code, std::vector<std::string>)`: the groups of a
    /// connection, on whatever server, in order, for which joining is done. Errors and
    /// cancellation: as above.
    template <class Token = detail::no_token>
    auto async_groups_of(connection_name who, Token&& token = {}) {
        if constexpr (detail::check_token<Token, void(std::error_code, std::vector<std::string>)>())
            return asio::async_initiate<Token, void(std::error_code, std::vector<std::string>)>(
                [core = core_](auto handler, std::string const& id) {
                    core->groups_of(id, detail::cancellable_completion<std::vector<std::string>>(
                                            std::move(handler), core->executor()));
                },
                token, std::string(who.id()));
    }

    /// Names the clients to call.
    targets<Bus> clients() const { return targets<Bus>(*core_, serializer_); }

    /// Calls `told(caller const&)` on the bus's executor when a connection is there, before
    /// async_connect completes. It may refuse it by throwing hub_error.
    void on_connected(std::function<void(caller const&)> told) {
        core_->on_connected(std::move(told));
    }
    /// Does not compile.
    template <class F>
        requires(!std::convertible_to<F, std::function<void(caller const&)>> ||
                 detail::is_coroutine<F, caller const&>)
    void on_connected(F&& /*function*/) {
        static_assert(
            detail::never<F>,
            "hubbub: hub::on_connected takes a function of caller const&, which is no coroutine");
    }

    /// Calls `told(caller const&, close_reason const&)` on the bus's executor when a connection
    /// that was admitted has ended, once; not when the hub itself ends. An exception that it throws
    /// is an event hook_failed.
    void on_disconnected(std::function<void(caller const&, close_reason const&)> told) {
        core_->on_disconnected(std::move(told));
    }
    /// Does not compile.
    template <class F>
        requires(!std::convertible_to<F, std::function<void(caller const&, close_reason const&)>> ||
                 detail::is_coroutine<F, caller const&, close_reason const&>)
    void on_disconnected(F&& /*function*/) {
        static_assert(detail::never<F>, "hubbub: hub::on_disconnected takes a function of caller "
                                        "const& and close_reason const&");
    }

    /// Asks `allows(caller const&, access_request const&)` before a connection of this server
    /// connects, calls a method or joins a group: an action that it forbids fails as refused, and
    /// is the event action_refused. Any thread may ask; it must not throw.
    void on_authorize(std::function<bool(caller const&, access_request const&)> allows) {
        core_->on_allow(std::move(allows));
    }
    /// Does not compile.
    template <class F>
        requires(!std::convertible_to<F, std::function<bool(caller const&, access_request const&)>>)
    void on_authorize(F&& /*function*/) {
        static_assert(detail::never<F>,
                      "hubbub: hub::on_authorize takes a function of caller const& "
                      "and access_request const& that returns bool");
    }

    /// Ends the connections of this server: each is told shutting_down and the text, and that it
    /// may come back to another. New ones are refused so.
    void disconnect_all(std::string const& text = {}) { core_->disconnect_all(text); }

    /// Refuses new connections, tells those of this server that they may come back to another
    /// (connect_options::on_drain, with the text, if there is one), and completes with
    /// `void(std::error_code)` when all have left, and their ends have been told. Those that are
    /// still there after at_most are ended, as disconnect_all does.
    ///
    /// Errors:       timed_out, if some had to be ended; already_started (asio::error), if it waits
    ///               already; closed. The connections are gone in each case but already_started.
    /// Cancellation: terminal, partial and total, with asio::error::operation_aborted: the draining
    ///               goes on.
    template <class Token = detail::no_token>
    auto async_drain(std::chrono::milliseconds at_most, std::string text, Token&& token = {}) {
        if constexpr (detail::check_token<Token, void(std::error_code)>())
            return asio::async_initiate<Token, void(std::error_code)>(
                [core = core_](auto handler, std::chrono::milliseconds limit, std::string said) {
                    core->drain(
                        limit, std::move(said),
                        detail::cancellable_completion(std::move(handler), core->executor()));
                },
                token, at_most, std::move(text));
    }

    template <class Token>
        requires(!detail::is_name<Token>)
    auto async_drain(std::chrono::milliseconds at_most, Token&& token) {
        return async_drain(at_most, std::string(), std::forward<Token>(token));
    }

    /// Ends the hub, as its destructor does: connections end, what waits completes as closed, and
    /// the other servers are told. Calls of servers::send that wait are events, which a destructor
    /// tells nobody.
    void close() {
        core_->close();
        core_->give_up_early();
    }

    /// Gets each event of the hub; replaces the observer before it. It is called where the thing
    /// happens, and must not throw. After the hub is destroyed it is not called, but for a call on
    /// another thread that is under way.
    void set_observer(hub_observer o) { core_->set_observer(std::move(o)); }
    /// Does not compile.
    template <class F>
        requires(!std::convertible_to<F, hub_observer>)
    void set_observer(F&& /*function*/) {
        static_assert(detail::never<F>,
                      "hubbub: hub::set_observer takes a function of hub_event const&");
    }

    /// Calls the servers of the hub, and takes their calls. Include <hubbub/hub/servers.hpp>.
    template <class B = Bus>
    auto servers() const {
        constexpr bool is_there = requires { sizeof(hubbub::servers<B>); };
        static_assert(is_there, "hubbub: hub::servers needs <hubbub/hub/servers.hpp>");
        if constexpr (is_there)
            return hubbub::servers<B>(core_, serializer_);
    }

    /// Tells which connections, users and groups are there, over all servers. Include
    /// <hubbub/hub/presence.hpp>.
    template <class B = Bus>
    auto presence() const {
        constexpr bool is_there = requires { sizeof(hubbub::presence<B>); };
        static_assert(is_there, "hubbub: hub::presence needs <hubbub/hub/presence.hpp>");
        if constexpr (is_there)
            return hubbub::presence<B>(core_);
    }

    /// Returns the number of this server's clients.
    std::size_t connections() const { return core_->connections(); }

private:
    template <class Connection, class Token>
    auto enter(detail::member_ptr const& entering, connect_options who, Token&& token) {
        entering->user = std::move(who.user);
        if (who.on_closed || who.on_drain)
            entering->hooks = std::make_unique<connect_options const>(std::move(who));
        using signature = void(std::error_code, Connection);
        if constexpr (detail::check_token<Token, signature>())
            return asio::async_initiate<Token, signature>(
                [core = core_, format = serializer_](auto handler, detail::member_ptr const& c) {
                    auto executor = detail::executor_of(handler, core->executor());
                    detail::cancel_by(asio::get_associated_cancellation_slot(handler))(
                        detail::give_up_connecting{core, c});
                    core->connect(c, {std::move(executor),
                                      [made = Connection(core, c, format),
                                       handler = detail::cancellable_handler(std::move(handler))](
                                          std::error_code error) mutable {
                                          if (error)
                                              made.disconnect();
                                          handler(error, std::move(made));
                                      }});
                },
                token, entering);
    }

    template <class Token>
    auto change_group(decltype(&detail::hub_core::add_to_group) change,
                      std::string_view connection_id, std::string_view group, Token&& token) {
        if constexpr (detail::check_token<Token, void(std::error_code)>())
            return asio::async_initiate<Token, void(std::error_code)>(
                [core = core_, change](auto handler, std::string const& id,
                                       std::string const& name) {
                    (*core.*
                     change)(id, name,
                             detail::cancellable_completion(std::move(handler), core->executor()));
                },
                token, std::string(connection_id), std::string(group));
    }

    std::shared_ptr<detail::hub_core> core_;
    [[no_unique_address]] serializer const serializer_;
};

} // namespace hubbub
