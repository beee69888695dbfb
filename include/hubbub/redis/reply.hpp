// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace hubbub::redis {

/// One value that Redis sent. Text is valid during the call that passes it.
struct value {
    enum class kind { status, error, integer, string, nil, array };

    kind type = kind::nil;
    std::string_view text = {};
    std::int64_t integer = 0;
};

/// A whole reply: a value, and its elements if it is an array. Elements are no arrays: Pub/Sub
/// has no such replies.
struct reply : value {
    std::span<value const> elements = {};
};

/// Gets each reply.
class reply_handler {
public:
    reply_handler() = default;
    reply_handler(reply_handler const&) = delete;
    reply_handler& operator=(reply_handler const&) = delete;
    virtual ~reply_handler() = default;

    virtual void on_reply(reply const& r) noexcept = 0;
};

} // namespace hubbub::redis
