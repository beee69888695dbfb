// SPDX-License-Identifier: MIT
#pragma once

#include <hubbub/base/config.hpp>
#include <hubbub/hub/calls/shared_call.hpp>
#include <hubbub/hub/frames/frame.hpp>

#include <string>

// The frames by which one server asks another.
namespace hubbub::detail {

/// Calls a method of a server, or of a connection.
server_message to_invoke(shared_call const& what);
server_message to_call(std::string const& connection, shared_call const& what);
/// Asks who is there: of which group, user or connection.
server_message to_ask(presence_question question, std::string name);

} // namespace hubbub::detail

#if !defined(HUBBUB_SEPARATE_COMPILATION)
#include <hubbub/hub/calls/impl/questions.ipp>
#endif
