// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/streams/call_streams.hpp>

#include <hubbub/hub/streams/stream_pipe.hpp>

namespace hubbub::detail {

HUBBUB_DECL receiving_end::~receiving_end() {
    pipe->cancel();
}

} // namespace hubbub::detail
