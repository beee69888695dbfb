// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/error.hpp>
#include <hubbub/hub/answer.hpp>
#include <hubbub/hub/frame.hpp>
#include <hubbub/hub/packed.hpp>

#include <cstdint>
#include <system_error>

namespace hubbub::detail {

/// An answer as it goes to the server that asked. Of errors that are not hubbub's it has the text.
template <class Serializer>
server_message<packed<Serializer>> to_frame(std::uint64_t request,
                                            answer<Serializer> const& given) {
    server_message<packed<Serializer>> m{
        .verb = "done", .request = request, .arguments = given.value};
    if (given.error) {
        bool const own = given.error.category() == error_category();
        m.error = own ? given.error.value() : static_cast<int>(errc::server_error);
        m.text = given.text.empty() && !own ? given.error.message() : given.text;
    }
    return m;
}

/// And how it arrives there.
template <class Serializer>
answer<Serializer> answer_of(server_message<packed<Serializer>> const& m) {
    return {.error = m.error ? std::error_code(*m.error, error_category()) : std::error_code{},
            .text = m.text.value_or(""),
            .value = m.arguments};
}

} // namespace hubbub::detail
