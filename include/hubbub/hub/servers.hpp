// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/bounded.hpp>
#include <hubbub/base/timer.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/error.hpp>
#include <hubbub/hub/calls/answer.hpp>
#include <hubbub/hub/calls/with_token.hpp>
#include <hubbub/hub/collected.hpp>
#include <hubbub/hub/core/core.hpp>
#include <hubbub/hub/invocation.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

namespace hubbub {

namespace detail {

/// The answers of all servers to one call: of those that are known, and as soon as the servers have
/// met, of the rest.
template <class R, class Bus>
class collection : public std::enable_shared_from_this<collection<R, Bus>> {
    using answer_type = answer<typename Bus::serializer_type>;

public:
    collection(std::shared_ptr<hub_core<Bus>> core, invocation<typename Bus::serializer_type> what,
               std::chrono::milliseconds limit, completion<collected<R>> done)
        : core_(std::move(core)), what_(std::move(what)), time_(core_->executor()),
          deadline_(time_.now() + bounded(limit)), done_(std::move(done)) {}

    void start() {
        ask();
        core_->asked().when_met(
            left(), {core_->executor(), [self = this->shared_from_this()](answer_type const& met) {
                         if (!met.error)
                             self->ask();
                         if (met.error == errc::timed_out)
                             self->add({}, outcome<R>(met.error, {}));
                         self->end_part();
                     }});
    }

private:
    /// Asks those that are alive and were not asked.
    void ask() {
        auto ids = core_->asked().alive();
        {
            std::lock_guard const lock(mutex_);
            std::erase_if(ids, [&](auto const& id) { return !asked_.insert(id).second; });
            parts_ += ids.size();
        }
        for (auto const& id : ids)
            core_->asked().ask_server(
                id, what_, left(),
                {core_->executor(),
                 [self = this->shared_from_this(), id](answer_type const& given) {
                     self->add(id, outcome_of<R>(self->core_->format(), given));
                     self->end_part();
                 }});
    }

    void add(std::string const& id, outcome<R> given) {
        std::lock_guard const lock(mutex_);
        all_.answers.emplace_back(id, std::move(given));
    }

    void end_part() {
        std::lock_guard const lock(mutex_);
        if (--parts_ != 0)
            return;
        std::sort(all_.answers.begin(), all_.answers.end(),
                  [](auto& a, auto& b) { return a.first < b.first; });
        done_(std::move(all_));
    }

    std::chrono::milliseconds left() const {
        return std::chrono::ceil<std::chrono::milliseconds>(deadline_ - time_.now());
    }

    std::shared_ptr<hub_core<Bus>> const core_;
    invocation<typename Bus::serializer_type> const what_;
    time_source const time_;
    time_source::time_point const deadline_;
    std::mutex mutex_;      // guards what follows
    std::size_t parts_ = 1; // until the servers have met
    std::set<std::string> asked_;
    collected<R> all_;
    completion<collected<R>> done_;
};

/// Calls a method of every server that is alive; done completes when all have answered, or are
/// given up.
template <class R, class Bus>
void collect(std::shared_ptr<hub_core<Bus>> const& core,
             invocation<typename Bus::serializer_type> const& what, std::chrono::milliseconds limit,
             completion<collected<R>> done) {
    std::make_shared<collection<R, Bus>>(core, what, limit, std::move(done))->start();
}

} // namespace detail

/// The servers of a hub, this one too, to each other.
///
/// What is asked of all before this server has met the others, which takes it a round trip when its
/// link is there and two beacon_intervals at most, waits for that.
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
    /// unknown there, is the event call_failed of the hub at that server. Each server gets the calls
    /// of one thread here in the order made.
    ///
    /// Before this server has met the others it alone is called at once; they are when it has. If
    /// that takes longer than hub_options::request_timeout, those that are known then are called, and
    /// it is the event call_failed of this hub for each call that waited (timed_out); likewise if the
    /// hub is closed meanwhile (closed), or what has waited is refused by the bus.
    ///
    /// Errors: cannot_encode; closed; those of bus::publish, after all were tried; queue_full before
    ///         the servers have met, if hub_options::max_waiting_calls wait, and then nobody is called.
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
