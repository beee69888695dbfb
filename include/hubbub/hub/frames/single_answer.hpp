// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/hub/frames/answer.hpp>

#include <atomic>
#include <utility>

namespace hubbub::detail {

/// Answers once: the first answer counts, and completes.
class single_answer : public answer_sink {
public:
    explicit single_answer(completion<answer> done) : done_(std::move(done)) {}

    void take(answer given) override;

protected:
    /// Whether it has been answered.
    bool answered() const noexcept { return answered_; }
    /// Looks at the answer that counts, and may change it.
    virtual void on_answer(answer& /*given*/) {}
    /// The answer has completed.
    virtual void on_answered() {}

private:
    completion<answer> done_;
    std::atomic<bool> answered_ = false;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/frames/impl/single_answer.ipp>
#endif
