// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/calls/dispatcher.hpp>

#include <hubbub/base/asio.hpp>
#include <hubbub/error.hpp>
#include <hubbub/hub/frames/single_answer.hpp>

#include <atomic>
#include <mutex>
#include <utility>

namespace hubbub::detail {

/// One call, from when it is made until it is answered. The one that is to answer it keeps it.
class dispatcher::running_call final : public single_answer,
                                       public waiting_call,
                                       public std::enable_shared_from_this<running_call> {
public:
    running_call(std::shared_ptr<dispatcher> d, std::shared_ptr<caller_state> who, shared_call what,
                 call_streams streams, completion<answer> done)
        : single_answer(std::move(done)), dispatcher_(std::move(d)), who_(std::move(who)),
          what_(std::move(what)), streams_(std::move(streams)),
          by_stream_(streams_.result != nullptr) {}

    ~running_call() override { // after an answer this does nothing
        if (by_stream_)
            take({.error = hub_errc::stream_failed, .text = "the stream was given up"});
        else
            take({.error = errc::closed});
    }

    void start() override {
        if (!who_->connected)
            return take({.error = hub_errc::connection_ended});
        if (!dispatcher_->hooks_->allow(caller(who_),
                                        {access_request::kind::invoke, what_.method()}))
            return take({.error = hub_errc::refused});
        dispatcher_->methods.call({caller(who_), what_, shared_from_this(), dispatcher_->executor_,
                                   dispatcher_->options_.detailed_errors, std::move(streams_)});
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
    void on_answer(answer& given) override {
        dispatcher_->hooks_->notify_if_failed(who_->id, what_.method(), given);
    }
    void on_answered() override { pass_turn(); }

    std::shared_ptr<dispatcher> const dispatcher_;
    std::shared_ptr<caller_state> const who_;
    shared_call const what_;
    call_streams streams_; // until it starts
    bool const by_stream_;
    std::atomic<bool> passed_ = false;
};

HUBBUB_DECL dispatcher::dispatcher(asio::any_io_executor executor, hub_options const& options,
                                   std::shared_ptr<hub_hooks const> hooks)
    : methods(options.ignore_method_case), executor_(std::move(executor)), options_(options),
      hooks_(std::move(hooks)) {}

HUBBUB_DECL void dispatcher::invoke(std::shared_ptr<caller_state> const& who, shared_call what,
                                    call_streams streams, completion<answer> done) {
    auto const call = std::make_shared<running_call>(shared_from_this(), who, std::move(what),
                                                     std::move(streams), std::move(done));
    using entered = call_limiter::entered;
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

HUBBUB_DECL void end_calls(caller_state& who, asio::any_io_executor const& executor) {
    std::unique_lock lock(who.mutex);
    auto waiting = who.calls.end();
    lock.unlock();
    if (!waiting.empty())
        asio::post(executor, [waiting = std::move(waiting)] {
            for (auto const& call : waiting)
                call->start();
        });
}

} // namespace hubbub::detail
