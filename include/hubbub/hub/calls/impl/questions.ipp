// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/hub/calls/questions.hpp>

#include <utility>

namespace hubbub::detail {

HUBBUB_DECL server_message to_invoke(shared_call const& what) {
    return {
        .verb = verb::invoke, .method = std::string(what.method()), .arguments = what.arguments()};
}

HUBBUB_DECL server_message to_call(std::string const& connection, shared_call const& what) {
    auto m = to_invoke(what);
    m.verb = verb::call;
    m.connection = connection;
    return m;
}

HUBBUB_DECL server_message to_ask(presence_question question, std::string name) {
    return {.verb = verb::ask, .question = question, .name = std::move(name)};
}

} // namespace hubbub::detail
