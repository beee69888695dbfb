// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/flow/budget_share.hpp>

#include <algorithm>

namespace hubbub::detail {

HUBBUB_DECL bool budget_share::try_raise(std::size_t bytes) noexcept {
    if (!budget_ || bytes <= taken_)
        return true;
    if (!budget_->try_take(bytes - taken_))
        return false;
    taken_ = bytes;
    return true;
}

HUBBUB_DECL bool budget_share::attainable(std::size_t bytes) const noexcept {
    if (!budget_)
        return true;
    auto const others = budget_->taken() - taken_;
    return others <= budget_->max_bytes() && bytes <= budget_->max_bytes() - others;
}

HUBBUB_DECL void budget_share::settle(std::size_t bytes) {
    if (!budget_ || bytes == taken_)
        return;
    if (bytes > taken_) {
        try_raise(bytes);
        return;
    }
    budget_->give_back(taken_ - bytes);
    taken_ = bytes;
}

HUBBUB_DECL void budget_share::wait(std::size_t bytes, completion<std::error_code> done) {
    if (!budget_)
        return done({});
    auto const more = bytes - std::min(bytes, taken_);
    budget_->wait(std::min(more, budget_->max_bytes()), std::move(done), this);
}

HUBBUB_DECL void budget_share::end_waiting(std::error_code error) {
    if (budget_)
        budget_->withdraw(this, error);
}

} // namespace hubbub::detail
