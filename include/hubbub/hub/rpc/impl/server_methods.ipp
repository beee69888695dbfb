// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/rpc/server_methods.hpp>

#include <hubbub/error.hpp>
#include <hubbub/hub/frames/single_answer.hpp>

#include <string>
#include <utility>

namespace hubbub::detail {

/// The caller that methods of a server see: another server, or this one. They stop with the hub.
struct server_caller final : caller_state, stoppable {
    void stop(std::error_code why) override {
        connected = false;
        stop_all(why);
    }
};

/// A call of a method of this server. That it failed is told to the owner here: maybe nobody waits
/// for the answer.
class server_question final : public single_answer {
public:
    server_question(std::string_view method, std::shared_ptr<hub_hooks const> hooks,
                    completion<answer> done)
        : single_answer(std::move(done)), method_(method), hooks_(std::move(hooks)) {}
    ~server_question() override { // after an answer this does nothing
        take({.error = hub_errc::method_failed, .text = "the server gave no answer"});
    }

private:
    void on_answer(answer& given) override { hooks_->notify_if_failed({}, method_, given); }

    std::string const method_;
    std::shared_ptr<hub_hooks const> const hooks_;
};

HUBBUB_DECL server_methods::server_methods(asio::any_io_executor executor,
                                           std::shared_ptr<hub_hooks const> hooks)
    : executor_(std::move(executor)), hooks_(std::move(hooks)) {}

HUBBUB_DECL void server_methods::call(shared_call const& what, completion<answer> done) {
    auto const who = std::make_shared<server_caller>();
    {
        std::lock_guard const lock(mutex_);
        if (!open_)
            return done({.error = errc::closed});
        running_.add(who);
    }
    by_name.call({caller(who), what,
                  std::make_shared<server_question>(what.method(), hooks_, std::move(done)),
                  executor_, true});
}

HUBBUB_DECL void server_methods::close() {
    stop_list running;
    {
        std::lock_guard const lock(mutex_);
        open_ = false;
        std::swap(running, running_);
    }
    running.stop(
        errc::closed); // the last to hold one may be this, and it has an object of a user's
}

} // namespace hubbub::detail
