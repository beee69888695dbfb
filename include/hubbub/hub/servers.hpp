// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/completion.hpp>
#include <hubbub/error.hpp>
#include <hubbub/hub/calls/questions.hpp>
#include <hubbub/hub/collected.hpp>
#include <hubbub/hub/core/core.hpp>
#include <hubbub/hub/frames/answer.hpp>
#include <hubbub/hub/frames/packed.hpp>
#include <hubbub/hub/typed/typed_method.hpp>
#include <hubbub/hub/typed/with_token.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

namespace hubbub {

/// Calls the methods of the servers of a hub, this one too, and has methods that they may call.
///
/// A question to all that is asked before this server has met the others waits for that. Meeting
/// them takes a round trip when its link is there, and two beacon_intervals at most.
///
/// @code
/// hub.servers().on("load", [] { return current_load(); });
/// auto const all = co_await hub.servers().async_invoke<double>("load", asio::use_awaitable);
/// @endcode
template <class Bus>
class servers {
    using serializer = typename Bus::serializer_type;

public:
    servers(std::shared_ptr<detail::hub_core> core, serializer const& format)
        : core_(std::move(core)), limit_(core_->options().request_timeout), serializer_(format) {}

    /// Returns the ids of the servers that are alive: heard within hub_options::missed_beacons.
    std::vector<std::string> alive() const { return core_->servers(); }

    /// Registers a method that the servers may call here, as hub::on does for clients. A call of it
    /// that fails is the event call_failed of this hub.
    template <class Method>
    void on(std::string_view name, Method method) const {
        core_->on_server_call(name, detail::make_method(std::move(method), serializer_));
    }

    /// Returns a copy with another time limit than hub_options::request_timeout.
    servers within(std::chrono::milliseconds limit) const {
        auto limited = *this;
        limited.limit_ = limit;
        return limited;
    }

    /// Calls a method at every server that is alive, and waits for no answer: if it fails, or is
    /// unknown there, that is the event call_failed of the hub at that server. Each server gets the
    /// calls of one thread here in the order made.
    ///
    /// Before this server has met the others it alone is called at once; they are when it has. If
    /// that takes longer than hub_options::request_timeout, those that are known then are called,
    /// and it is the event call_failed of this hub for each call that waited (timed_out); likewise
    /// if the hub is closed meanwhile (closed), or what has waited is refused by the bus.
    ///
    /// Errors: cannot_encode; closed; those of bus::publish, after all were tried; queue_full before
    ///         the servers have met, if hub_options::max_waiting_calls wait, and then nobody is called.
    template <class... Args>
    std::error_code send(std::string_view method, Args&&... args) const {
        detail::packed body;
        if (auto const error = detail::pack(
                serializer_, std::tuple<detail::argument<Args>...>(std::forward<Args>(args)...),
                body))
            return error;
        if (!core_->is_open())
            return errc::closed;
        return core_->tell_servers({std::string(method), std::move(body)});
    }

    /// Calls a method at every server that is alive, and completes with `void(std::error_code,
    /// collected<R>)` when all have answered, are lost, or have taken too long. The token comes
    /// last.
    ///
    /// Errors:       cannot_encode, and then nobody is called; closed, beside the answers that came.
    ///               A failure at one server stands in the answer of that server.
    /// Cancellation: terminal, partial and total, with asio::error::operation_aborted: the servers do
    ///               what they were asked.
    template <class R = void, class... ArgsAndToken>
    auto async_invoke(std::string_view method, ArgsAndToken&&... all) const {
        using signature = void(std::error_code, collected<R>);
        return detail::with_token<signature>(
            [&]<class Tuple, class Token>(Tuple arguments, Token&& token) {
                detail::packed body;
                auto const error = detail::pack(serializer_, std::move(arguments), body);
                return asio::async_initiate<Token, signature>(
                    [core = core_, limit = limit_, format = serializer_, error](auto handler,
                                                                                auto const& call) {
                        auto done = detail::results_to(
                            std::move(handler), core->executor(),
                            [format](detail::server_answers const& given) {
                                collected<R> parts;
                                for (auto const& [server, one] : given)
                                    parts.answers.emplace_back(server,
                                                               detail::outcome_of<R>(format, one));
                                return parts;
                            });
                        if (error)
                            done(error, {});
                        else
                            core->collect(detail::to_invoke(call), limit, std::move(done));
                    },
                    token, detail::shared_call(std::string(method), std::move(body)));
            },
            std::forward<ArgsAndToken>(all)...);
    }

private:
    std::shared_ptr<detail::hub_core> core_;
    std::chrono::milliseconds limit_;
    [[no_unique_address]] serializer serializer_;
};

} // namespace hubbub
