// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/asio.hpp>
#include <hubbub/limits.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace hubbub {

/// The queue of one subscription, between the transport that delivers and a consumer that may be
/// slow. At its bounds, or where the budget of the transport is used up, when_full decides; what is
/// dropped is counted by reason (statistics) and told (message_dropped).
template <class T>
struct queue_options {
    std::size_t max_messages = 10'000;
    /// The most bytes that wait: payloads with their topics; of objects, their size without what
    /// they point to.
    std::size_t max_bytes = std::size_t{16} << 20;
    overflow_policy when_full = overflow_policy::drop_oldest;
    /// Returns the key that latest_per_key goes by; empty for the topic. The transport calls it
    /// where it delivers. An exception is the event sink_failed.
    detail::option_function<std::string(std::string_view topic, T const& message)> key = {};
};

/// A message that async_receive gives, with the topic that it came on.
template <class T>
struct queued_message {
    std::string topic;
    T message;
};

} // namespace hubbub
