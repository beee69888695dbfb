// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/detail/completion.hpp>
#include <hubbub/hub/answer.hpp>
#include <hubbub/hub/collected.hpp>
#include <hubbub/hub/core.hpp>
#include <hubbub/hub/invocation.hpp>
#include <hubbub/hub/with_token.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

namespace hubbub {

namespace detail {

/// Calls a method of every server that is alive; done completes when all have answered, or are
/// given up.
template <class R, class Bus>
void collect(std::shared_ptr<hub_core<Bus>> const& core,
             invocation<typename Bus::serializer_type> const& what, std::chrono::milliseconds limit,
             completion<collected<R>> done) {
    using answer_type = answer<typename Bus::serializer_type>;
    struct gathering {
        std::mutex mutex;
        std::size_t left;
        collected<R> all;
        completion<collected<R>> done;
    };
    auto const ids = core->asked().alive();
    auto const state = std::make_shared<gathering>();
    state->left = ids.size();
    state->done = std::move(done);
    for (auto const& id : ids)
        core->asked().ask_server(
            id, what, limit,
            {core->executor(), [core, state, id](answer_type const& given) {
                 std::lock_guard const lock(state->mutex);
                 state->all.answers.emplace_back(id, outcome_of<R>(core->format(), given));
                 if (--state->left != 0)
                     return;
                 std::sort(state->all.answers.begin(), state->all.answers.end(),
                           [](auto& a, auto& b) { return a.first < b.first; });
                 state->done(std::move(state->all));
             }});
}

} // namespace detail

/// The servers of a hub, this one too, to each other.
///
/// @code
/// hub.servers().on("load", [] { return current_load(); });
/// auto const all = co_await hub.servers().async_invoke<double>("load", asio::use_awaitable);
/// @endcode
template <class Bus>
class servers {
    using core_type = detail::hub_core<Bus>;
    using serializer = typename Bus::serializer_type;

public:
    explicit servers(std::shared_ptr<core_type> core)
        : core_(std::move(core)), limit_(core_->options().request_timeout) {}

    /// The ids of those that are alive: heard within hub_options::missed_beacons.
    std::vector<std::string> alive() const { return core_->asked().alive(); }

    /// Registers a method that the servers may call here, as hub::on does for clients. That a call
    /// of it fails is the event call_failed of this hub.
    template <class Method>
    void on(std::string_view name, Method method) const {
        core_->asked().methods.on(name, std::move(method));
    }

    /// The same with another time limit than hub_options::request_timeout.
    servers within(std::chrono::milliseconds limit) && {
        limit_ = limit;
        return std::move(*this);
    }

    /// Calls a method at every server that is alive, and waits for no answer: that it failed, or is
    /// unknown there, is the event call_failed of the hub at that server.
    /// Errors: cannot_encode, or those of bus::publish.
    template <class... Args>
    std::error_code send(std::string_view method, Args&&... args) const {
        detail::packed<serializer> body;
        if (auto const error = detail::pack(
                core_->format(), std::tuple<detail::argument<Args>...>(std::forward<Args>(args)...),
                body))
            return error;
        if (!core_->open())
            return errc::closed;
        return core_->asked().tell_servers({std::string(method), std::move(body), core_->format()});
    }

    /// Calls a method at every server that is alive, and completes with `void(collected<R>)` when
    /// all have answered, are lost, or have taken too long. The token comes last.
    template <class R = void, class... ArgsAndToken>
    auto async_invoke(std::string_view method, ArgsAndToken&&... all) const {
        return detail::with_token(
            [&]<class Tuple, class Token>(Tuple arguments, Token&& token) {
                detail::packed<serializer> body;
                auto const error = detail::pack(core_->format(), std::move(arguments), body);
                return asio::async_initiate<Token, void(collected<R>)>(
                    [core = core_, limit = limit_, error](auto handler, auto const& call) {
                        auto executor = detail::executor_of(handler, core->executor());
                        completion<collected<R>> done(std::move(executor), std::move(handler));
                        if (!error)
                            return detail::collect<R>(core, call, limit, std::move(done));
                        collected<R> none;
                        none.answers.emplace_back(core->id(), outcome<R>(error, {}));
                        done(std::move(none));
                    },
                    token,
                    invocation<serializer>(std::string(method), std::move(body), core_->format()));
            },
            std::forward<ArgsAndToken>(all)...);
    }

private:
    std::shared_ptr<core_type> core_;
    std::chrono::milliseconds limit_;
};

} // namespace hubbub
