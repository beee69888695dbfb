// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/transport.hpp>

#include <cstddef>
#include <memory>
#include <string>

namespace hubbub::detail {

/// A message that outlives the publish it came by.
class kept_message {
public:
    explicit kept_message(message_view const& message);
    kept_message(kept_message const&) = delete; // the view knows where object_ is
    kept_message& operator=(kept_message const&) = delete;

    message_view view() const noexcept { return {topic_, payload_, view_, counted_}; }
    accounting counted() const noexcept { return counted_; }
    std::size_t bytes() const noexcept { return topic_.size() + payload_.size(); }

private:
    std::string topic_;
    std::string payload_;
    std::shared_ptr<void const> object_;
    object_view view_;
    accounting counted_;
};

using shared_message = std::shared_ptr<kept_message const>;

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/flow/impl/kept_message.ipp>
#endif
