// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/event.hpp>
#include <hubbub/trace.hpp>

#include <cstddef>
#include <string_view>
#include <system_error>

namespace hubbub::detail {

// Which of the functions of a trace there are.

template <class Trace>
concept traces_publish = requires(Trace& t, std::string_view topic, std::error_code refused) {
    t.on_publish(topic, std::size_t{}, refused);
};

template <class Trace>
concept traces_delivery = requires(Trace& t, std::string_view topic) {
    t.on_delivery(topic, std::size_t{}, std::size_t{});
};

template <class Trace>
concept traces_events = requires(Trace& t, event const& e) { t.on_event(e); };

} // namespace hubbub::detail
