// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/calls/shared_call.hpp>

namespace hubbub::detail {

HUBBUB_DECL shared_call::shared_call(std::string method, packed arguments)
    : content_(std::make_shared<content>(std::move(method), std::move(arguments))) {}

HUBBUB_DECL std::size_t shared_call::size() const noexcept {
    constexpr std::size_t envelope = 64;
    return envelope + content_->method.size() + content_->arguments.bytes.size();
}

HUBBUB_DECL shared_call shared_call::asked_by(std::shared_ptr<answer_sink> asker) const {
    auto copy = *this;
    copy.asked_ = std::move(asker);
    return copy;
}

} // namespace hubbub::detail
