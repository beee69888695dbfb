// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/rpc/answer_sender.hpp>

#include <hubbub/error.hpp>

#include <utility>

namespace hubbub::detail {

HUBBUB_DECL answer_sender::answer_sender(frame_bus const& from, hub_topics const& topics,
                                         hub_options const& options,
                                         std::shared_ptr<hub_hooks const> hooks)
    : bus_(from.another()), topics_(topics), patience_(options.request_timeout),
      hooks_(std::move(hooks)) {}

HUBBUB_DECL void answer_sender::send(std::string const& to, std::uint64_t request, answer given) {
    if (!open_)
        return;
    auto const why = given.error;
    bool const is_bare = given.value.empty() && !given.presence && given.text.empty();
    bus_.publish_patiently(
        topics_.control(to), frame_of(request, std::move(given)), patience_,
        {bus_.executor(), [self = shared_from_this(), to, request, why,
                           is_bare](std::error_code error, std::size_t receivers) {
             if (!error && receivers == 0)
                 error = errc::unknown_server;
             if (!error || !self->open_)
                 return;
             if (is_bare || error == errc::timed_out || error == errc::unknown_server)
                 self->hooks_->notify(answer_lost{to, error});
             else // it cannot be encoded, or is too large: then at least that is said
                 self->send(to, request, {.error = why ? why : error});
         }});
}

HUBBUB_DECL void answer_sender::close() {
    if (open_.exchange(false))
        bus_.close();
}

} // namespace hubbub::detail
