// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/completion.hpp>
#include <hubbub/error.hpp>
#include <hubbub/hub/calls/answer.hpp>
#include <hubbub/hub/calls/end_list.hpp>
#include <hubbub/hub/core/hooks.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace hubbub::detail {

/// What a client was asked. Whoever is to answer keeps it.
template <class Serializer>
class question final : public answered<Serializer>, public stoppable {
public:
    explicit question(completion<answer<Serializer>> done) : done_(std::move(done)) {}
    ~question() override {
        take({.error = errc::method_failed, .text = "the client gave no answer"});
    }

    void take(answer<Serializer> given) override {
        given.thrown = nullptr; // it is the client's own
        if (!answered_.exchange(true))
            done_(std::move(given));
    }

    /// Its connection has ended.
    void stop(std::error_code why) override { take({.error = why}); }

private:
    completion<answer<Serializer>> done_;
    std::atomic<bool> answered_ = false;
};

/// What this server was asked by another, or by itself. That it failed is told to the owner here:
/// maybe nobody waits for the answer.
template <class Serializer>
class server_question final : public answered<Serializer> {
public:
    server_question(std::string_view method, std::shared_ptr<hub_hooks const> hooks,
                    completion<answer<Serializer>> done)
        : method_(method), hooks_(std::move(hooks)), done_(std::move(done)) {}
    ~server_question() override { // after an answer this does nothing
        take({.error = errc::method_failed, .text = "the server gave no answer"});
    }

    void take(answer<Serializer> given) override {
        if (answered_.exchange(true))
            return;
        hooks_->notify_if_failed({}, method_, given);
        done_(std::move(given));
    }

private:
    std::string const method_;
    std::shared_ptr<hub_hooks const> const hooks_;
    completion<answer<Serializer>> done_;
    std::atomic<bool> answered_ = false;
};

} // namespace hubbub::detail
