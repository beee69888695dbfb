// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/calls/method.hpp>

namespace hubbub::detail {

HUBBUB_DECL std::shared_ptr<method> shared(method* m) {
    return std::shared_ptr<method>(m);
}

HUBBUB_DECL std::string mismatched_streams(method_call const& call, unsigned readers,
                                           bool answers) {
    auto const name = "'" + std::string(call.what.method()) + "'";
    auto const given = call.streams.arguments.size();
    if (given != readers)
        return name + " takes " + std::to_string(readers) + " streams, not " +
               std::to_string(given);
    if (answers != (call.streams.result != nullptr))
        return name + (answers ? " answers with a stream" : " answers with no stream");
    return {};
}

} // namespace hubbub::detail
