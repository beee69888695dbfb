// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/frames/answer.hpp>

#include <hubbub/hub/frames/frame.hpp>

namespace hubbub::detail {

HUBBUB_DECL answer answer_with_exception(bool detailed) {
    answer given{.error = hub_errc::method_failed, .thrown = std::current_exception()};
    try {
        throw;
    } catch (hub_error const& told) {
        given.text = told.what();
        given.thrown = nullptr; // told to whom it concerns
    } catch (std::exception const& e) {
        if (detailed)
            given.text = e.what();
    } catch (...) { // what it is goes to the hub's owner
    }
    return given;
}

HUBBUB_DECL answer answer_with_failed_conversion() {
    return {.error = errc::cannot_encode, .thrown = std::current_exception()};
}

HUBBUB_DECL server_message frame_of(std::uint64_t request, answer given) {
    server_message m{.verb = verb::done, .request = request};
    if (!given.value.empty())
        m.arguments = std::move(given.value);
    if (given.presence) // a copy, since the answer may be kept elsewhere
        m.presence = *given.presence;
    if (given.error) {
        bool const own = is_own(given.error);
        m.error = own ? given.error.value() : static_cast<int>(hub_errc::server_failed);
        m.text = given.text.empty() && !own ? given.error.message() : std::move(given.text);
    }
    return m;
}

HUBBUB_DECL answer answer_of(server_message const& m) {
    auto error = m.error ? error_of(*m.error) : std::error_code{};
    if (error == errc::closed) // there, and not here
        error = hub_errc::server_lost;
    return {.error = error,
            .text = m.text.value_or(""),
            .value = m.arguments.value_or(packed{}),
            .presence =
                m.presence ? std::make_shared<presence_answer const>(*m.presence) : nullptr};
}

} // namespace hubbub::detail
