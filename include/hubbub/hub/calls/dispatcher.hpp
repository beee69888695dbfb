// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/error.hpp>
#include <hubbub/hub/calls/answer.hpp>
#include <hubbub/hub/calls/method_table.hpp>
#include <hubbub/hub/core/hooks.hpp>
#include <hubbub/hub/invocation.hpp>
#include <hubbub/hub/members/member.hpp>
#include <hubbub/hub/options.hpp>
#include <hubbub/hub/streams/packed_stream.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

namespace hubbub::detail {

/// Runs the methods of a hub for its connections: those of one connection in the order called, and
/// as many at a time as allowed.
///
/// Thread safety: all functions, from any thread; methods run with no lock held.
template <class Bus>
class dispatcher : public std::enable_shared_from_this<dispatcher<Bus>> {
public:
    using serializer = typename Bus::serializer_type;

    dispatcher(asio::any_io_executor executor, hub_options const& options,
               std::shared_ptr<hub_hooks const> hooks)
        : methods(options.ignore_method_case), executor_(std::move(executor)), options_(options),
          hooks_(std::move(hooks)) {}

    /// Calls a method for a connection, on this thread if none of its calls runs; done completes
    /// with the answer.
    void invoke(member_ptr<Bus> const& who, invocation<serializer> what,
                call_streams<serializer> streams, completion<answer<serializer>> done) {
        auto const call = std::make_shared<running_call>(
            this->shared_from_this(), who, std::move(what), std::move(streams), std::move(done));
        using entered = typename decltype(who->calls)::entered;
        auto const enter = [&] {
            std::lock_guard const lock(who->mutex);
            return who->calls.enter(call, options_.parallel_calls, options_.max_waiting_calls);
        };
        switch (enter()) {
        case entered::runs: return call->start();
        case entered::waits: return;
        case entered::full: call->refuse(errc::queue_full);
        }
    }

    /// The connection has ended: its calls that wait are answered, though one before them may run on.
    void end(member_ptr<Bus> const& who) {
        auto const end = [&] {
            std::lock_guard const lock(who->mutex);
            return who->calls.end();
        };
        if (auto waiting = end(); !waiting.empty())
            asio::post(executor_, [waiting = std::move(waiting)] {
                for (auto const& call : waiting)
                    call->start();
            });
    }

    method_table<serializer> methods;

private:
    class running_call;

    asio::any_io_executor const executor_;
    hub_options const options_;
    std::shared_ptr<hub_hooks const> const hooks_;
};

/// One call, from when it is made until it is answered. Whoever is to answer it keeps it.
template <class Bus>
class dispatcher<Bus>::running_call final : public answered<serializer>,
                                            public waiting_call,
                                            public std::enable_shared_from_this<running_call> {
public:
    running_call(std::shared_ptr<dispatcher> d, member_ptr<Bus> who, invocation<serializer> what,
                 call_streams<serializer> streams, completion<answer<serializer>> done)
        : dispatcher_(std::move(d)), who_(std::move(who)), what_(std::move(what)),
          streams_(std::move(streams)), by_stream_(streams_.result != nullptr),
          done_(std::move(done)) {}

    ~running_call() override {
        if (answered_)
            return;
        if (by_stream_)
            finish({.error = errc::stream_failed, .text = "the stream was given up"});
        else
            finish({.error = errc::closed});
    }

    void start() override {
        if (!who_->connected)
            return take({.error = errc::connection_ended});
        if (!dispatcher_->hooks_->allow(caller(who_), {action::kind::invoke, what_.method()}))
            return take({.error = errc::refused});
        dispatcher_->methods.call({caller(who_), what_, this->shared_from_this(),
                                   dispatcher_->executor_, dispatcher_->options_.detailed_errors,
                                   std::move(streams_)});
    }

    void take(answer<serializer> given) override {
        if (!answered_.exchange(true))
            finish(std::move(given));
    }

    void pass_turn() override {
        if (passed_.exchange(true))
            return;
        std::unique_lock lock(who_->mutex);
        auto next = who_->calls.leave();
        lock.unlock();
        if (next)
            asio::post(dispatcher_->executor_, [next = std::move(next)] { next->start(); });
    }

    /// It has not run, and will not.
    void refuse(std::error_code error) {
        passed_ = true; // no turn of the others'
        take({.error = error});
    }

private:
    void finish(answer<serializer> given) {
        dispatcher_->hooks_->notify_if_failed(who_->id, what_.method(), given);
        done_(std::move(given));
        pass_turn();
    }

    std::shared_ptr<dispatcher> const dispatcher_;
    member_ptr<Bus> const who_;
    invocation<serializer> const what_;
    call_streams<serializer> streams_; // until it starts
    bool const by_stream_;
    completion<answer<serializer>> done_;
    std::atomic<bool> answered_ = false;
    std::atomic<bool> passed_ = false;
};

} // namespace hubbub::detail
