// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/completion.hpp>
#include <hubbub/memory_budget.hpp>

#include <cstddef>
#include <memory>
#include <system_error>
#include <utility>

namespace hubbub::detail {

/// The share that one queue has taken of a budget; without a budget it may take all. The queue's
/// lock guards it.
class budget_share {
public:
    explicit budget_share(std::shared_ptr<memory_budget> budget) noexcept
        : budget_(std::move(budget)) {}
    budget_share(budget_share const&) = delete;
    budget_share& operator=(budget_share const&) = delete;
    ~budget_share() { settle(0); }

    /// Takes as much as is needed for bytes in all; false if the budget has not got it.
    bool try_raise(std::size_t bytes) noexcept;

    /// Whether so many bytes in all could be had, if this queue gave back what it has: else it does
    /// so in vain.
    bool attainable(std::size_t bytes) const noexcept;

    /// Holds bytes in all from now on. What is more than try_raise took is taken if there is any: a
    /// few bytes of a protocol do not matter.
    void settle(std::size_t bytes);

    /// Completes done when try_raise(bytes) would succeed, what settle could not take included; or
    /// when the whole budget is free.
    void wait(std::size_t bytes, completion<std::error_code> done);

    /// Ends those who wait.
    void end_waiting(std::error_code error);

private:
    std::shared_ptr<memory_budget> const budget_;
    std::size_t taken_ = 0;
};

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/flow/impl/budget_share.ipp>
#endif
