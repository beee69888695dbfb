// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/detail/completion.hpp>
#include <hubbub/error.hpp>
#include <hubbub/hub/answer.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace hubbub::detail {

/// What a client was asked. Whoever is to answer keeps it.
template <class Serializer>
class question final : public answered<Serializer> {
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

    bool answered_already() const noexcept { return answered_; }

private:
    completion<answer<Serializer>> done_;
    std::atomic<bool> answered_ = false;
};

/// What one client was asked and has not answered yet. Any thread.
template <class Serializer>
class question_list {
public:
    void add(std::shared_ptr<question<Serializer>> const& asked) {
        std::lock_guard const lock(mutex_);
        std::erase_if(open_, [](auto const& weak) {
            auto const q = weak.lock();
            return !q || q->answered_already();
        });
        open_.push_back(asked);
    }

    /// Answers them all.
    void end(answer<Serializer> const& given) {
        std::vector<std::weak_ptr<question<Serializer>>> ended;
        {
            std::lock_guard const lock(mutex_);
            ended.swap(open_);
        }
        for (auto const& weak : ended)
            if (auto const q = weak.lock())
                q->take(given);
    }

private:
    std::mutex mutex_; // guards open_
    std::vector<std::weak_ptr<question<Serializer>>> open_;
};

} // namespace hubbub::detail
