// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/typed/raw_group.hpp>

namespace hubbub::detail {

HUBBUB_DECL void raw_group::deliver(message_view const& message) noexcept {
    auto const all = read(); // a temporary would not live through the loop
    call_all(*all, message.topic, message, message.payload.size());
}

HUBBUB_DECL delivery raw_subscriber::call(std::string_view topic, message_view const& message,
                                          std::size_t bytes) {
    auto const count = [&] {
        report_->received_bytes.add(bytes);
        report_->on_delivery(topic, bytes, 1);
    };
    std::error_code malformed;
    try {
        malformed = sink_(message);
    } catch (...) {
        count(); // what a sink fails at has been handed to it
        throw;
    }
    if (!malformed) {
        count();
        return delivery::done;
    }
    report_->malformed.add();
    report_->notify(event(std::in_place_type<message_malformed>, topic, malformed));
    return delivery::rejected;
}

} // namespace hubbub::detail
