// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/detail/completion.hpp>
#include <hubbub/error.hpp>
#include <hubbub/hub/answer.hpp>
#include <hubbub/hub/end_list.hpp>

#include <atomic>
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

} // namespace hubbub::detail
