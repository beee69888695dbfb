// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/error.hpp>
#include <hubbub/hub/calls/answer.hpp>
#include <hubbub/hub/calls/packed.hpp>
#include <hubbub/hub/cluster/frame.hpp>

#include <cstdint>
#include <system_error>
#include <utility>

namespace hubbub::detail {

/// An answer on its way to the server that asked under this number. Errors of others than hubbub go
/// as server_error, with what they say.
template <class Serializer>
server_message<packed<Serializer>> frame_of(std::uint64_t request, answer<Serializer> given) {
    server_message<packed<Serializer>> m{
        .verb = "done", .request = request, .arguments = std::move(given.value)};
    if (given.error) {
        bool const own = given.error.category() == error_category();
        m.error = own ? given.error.value() : static_cast<int>(errc::server_error);
        m.text = given.text.empty() && !own ? given.error.message() : std::move(given.text);
    }
    return m;
}

/// The answer as it came.
template <class Serializer>
answer<Serializer> answer_of(server_message<packed<Serializer>> const& m) {
    return {.error = m.error ? std::error_code(*m.error, error_category()) : std::error_code{},
            .text = m.text.value_or(""),
            .value = m.arguments};
}

} // namespace hubbub::detail
