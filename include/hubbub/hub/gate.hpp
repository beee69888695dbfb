// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/detail/completion.hpp>

#include <mutex>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace hubbub::detail {

/// Lets wait those who come before something is ready. Any thread.
class gate {
public:
    /// Completes when it is open, with what it was opened with.
    void pass(completion<std::error_code> done) {
        std::lock_guard const lock(mutex_);
        if (outcome_)
            done(*outcome_);
        else
            waiting_.push_back(std::move(done));
    }

    /// Opens it for good; a second time it does nothing.
    void open(std::error_code outcome) {
        std::lock_guard const lock(mutex_);
        if (outcome_)
            return;
        outcome_ = outcome;
        for (auto& done : std::exchange(waiting_, {}))
            done(outcome);
    }

private:
    std::mutex mutex_; // guards what follows
    std::optional<std::error_code> outcome_;
    std::vector<completion<std::error_code>> waiting_;
};

} // namespace hubbub::detail
